import { isSoon } from '@ihala/event-log';
import { Gauge, type Registry } from 'prom-client';
import type { Service } from './service.js';

type Reading = readonly (readonly [label: string, value: number])[];

interface ServiceGauge {
  readonly name: string;
  readonly help: string;
  /** besides `service`; none: one value a service */
  readonly label?: string;
  /** value by label */
  read(service: Service): Promise<Reading>;
}

/** What is asked of every service whenever metrics are read. */
const serviceGauges: readonly ServiceGauge[] = [
  {
    name: 'ihala_view_behind_positions',
    help: 'Positions of the service’s log that a view has not folded yet',
    label: 'view',
    read: async ({ runner }) => (await runner.lag()).map(({ view, behind }) => [view, behind]),
  },
  {
    name: 'ihala_reaction_behind_positions',
    help: 'Positions of the service’s log that a reaction was not told of yet',
    label: 'reaction',
    read: async ({ followUps }) => ((await followUps?.lag()) ?? []).map(({ reaction, behind }) => [reaction, behind]),
  },
  {
    name: 'ihala_timer_late_seconds',
    help: 'How long the first of what is due has waited; what is parked does not count',
    label: 'timer',
    read: async ({ followUps }) =>
      ((await followUps?.timerLag()) ?? []).map(({ timer, lateMs }) => [timer, lateMs / 1000]),
  },
  {
    name: 'ihala_parked',
    help: 'What reactions and timers could not do, and waits for an operator',
    read: async ({ store }) => [['', await store.reactions.count()]],
  },
  {
    name: 'ihala_source_behind_sequences',
    help: 'Events of another service’s log that are not copied yet',
    label: 'source',
    read: ({ observers }) =>
      Promise.all([...observers].map(async ([source, observer]) => [source, await observer.behind()] as const)),
  },
  {
    name: 'ihala_source_forked',
    help: '1: the source contradicted what was copied of it, and nothing more is; an operator must decide',
    label: 'source',
    read: async ({ store }) =>
      (await store.log.sources()).map(({ source, forkedAt }) => [source, forkedAt === undefined ? 0 : 1]),
  },
  {
    name: 'ihala_source_listening',
    help: '0: what another service says does not get to this process',
    label: 'source',
    read: async ({ observers }) => [...observers].map(([source, { listening }]) => [source, listening ? 1 : 0]),
  },
  {
    name: 'ihala_leads',
    help: '1: this process folds the service’s views, reacts, watches the clock and relays; of its processes, one does',
    read: async ({ leads }) => [['', leads ? 1 : 0]],
  },
  {
    name: 'ihala_relay_sending',
    help: '0: what the service says does not get out. Of the process that leads',
    read: async ({ leads, relay }) => (leads && relay ? [['', relay.sending ? 1 : 0]] : []),
  },
  {
    name: 'ihala_relay_behind_sequences',
    help: 'Events of the service’s own that are not sent yet. Of the process that leads',
    read: async ({ leads, relay }) => (leads && relay ? [['', await relay.behind()]] : []),
  },
  {
    name: 'ihala_storage_writable',
    help: '0: a write did not get to disk, and none has since',
    read: async (service) => [['', (await service.writable()) ? 1 : 0]],
  },
];

/** How long a store is waited for: whoever reads metrics must learn of all else in time. */
const READING_MS = 2000;

/** Of a store that is away nothing is told. */
async function readingOf({ read }: ServiceGauge, service: Service): Promise<Reading> {
  const reading = read(service);
  return (await isSoon(reading, READING_MS)) ? reading : [];
}

export function watchServices(services: readonly Service[], registry: Registry): void {
  for (const gauge of serviceGauges) {
    const { name, help, label } = gauge;
    new Gauge({
      name,
      help,
      labelNames: label === undefined ? ['service'] : ['service', label],
      registers: [registry],
      async collect() {
        const readings = await Promise.all(services.map((service) => readingOf(gauge, service)));
        this.reset();
        for (const [index, { blueprint }] of services.entries()) {
          for (const [of, value] of readings[index]!) {
            this.set({ service: blueprint.name, ...(label !== undefined && { [label]: of }) }, value);
          }
        }
      },
    });
  }
}
