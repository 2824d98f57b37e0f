import { Gauge, type Registry } from 'prom-client';
import type { Service } from './service.js';

interface ServiceGauge {
  readonly name: string;
  readonly help: string;
  /** besides `service`; none: one value a service */
  readonly label?: string;
  /** value by label */
  read(service: Service): Promise<readonly (readonly [label: string, value: number])[]>;
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
    name: 'ihala_storage_writable',
    help: '0: a write did not get to disk, and none has since',
    read: async (service) => [['', (await service.writable()) ? 1 : 0]],
  },
];

export function watchServices(services: readonly Service[], registry: Registry): void {
  for (const { name, help, label, read } of serviceGauges) {
    new Gauge({
      name,
      help,
      labelNames: label === undefined ? ['service'] : ['service', label],
      registers: [registry],
      async collect() {
        const readings = await Promise.all(services.map(async (service) => [service, await read(service)] as const));
        this.reset();
        for (const [service, values] of readings) {
          for (const [of, value] of values) {
            this.set({ service: service.blueprint.name, ...(label !== undefined && { [label]: of }) }, value);
          }
        }
      },
    });
  }
}
