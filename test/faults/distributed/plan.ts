import type { ServiceName } from '../../distributed/cluster.js';
import type { Chance } from '../chance.js';
import type { Weather } from './faulty-proxy.js';

/** Whatever has to do with this many sees faults; the others are tried by the same code elsewhere. */
export const services = ['cases', 'health', 'audit'] as const satisfies readonly ServiceName[];
const ways = ['mongodb-1', 'mongodb-2', 'mongodb-3', 'kafka', 'redis'] as const;

/** One thing that goes wrong, for a while. */
export type Fault = { readonly afterMs: number; readonly forMs: number } & (
  | { readonly fault: 'weather'; readonly way: (typeof ways)[number]; readonly weather: Weather }
  | { readonly fault: 'kill-server'; readonly server: 'mongodb' | 'kafka' | 'redis' }
  /** one process of a service, or all of them */
  | { readonly fault: 'kill' | 'freeze' | 'kill-all'; readonly service: ServiceName; readonly nth: number }
);

/** Two series of faults that go on side by side: on the ways, and of processes. */
export type Plan = readonly (readonly Fault[])[];

export function planOf(chance: Chance): Plan {
  const [network, processes] = [chance.of('network'), chance.of('processes')];
  return [
    Array.from({ length: network.between(1, 3) }, () => badWay(network)),
    Array.from({ length: processes.between(1, 2) }, () => processFault(processes)),
  ];
}

function badWay(chance: Chance): Fault {
  const when = { afterMs: chance.between(100, 900), forMs: chance.between(200, 1800) };
  return { ...when, fault: 'weather', way: chance.pick(ways), weather: weather(chance) };
}

function weather(chance: Chance): Weather {
  const kind = chance.pick(['latency', 'slow', 'cut', 'reset', 'half-open'] as const);
  switch (kind) {
    case 'latency':
      return { kind, ms: chance.between(5, 120) };
    case 'slow':
      return { kind, bytesPerSecond: 1000 * chance.between(10, 200) };
    case 'cut':
      return { kind, afterBytes: chance.between(0, 4000) };
    default:
      return { kind };
  }
}

function processFault(chance: Chance): Fault {
  const when = { afterMs: chance.between(200, 1200), forMs: chance.between(100, 2500) };
  const fault = chance.pick(['kill', 'kill', 'freeze', 'kill-all', 'kill-server', 'kill-server'] as const);
  if (fault === 'kill-server') return { ...when, fault, server: chance.pick(['mongodb', 'kafka', 'redis'] as const) };
  // now and then longer than a lease lasts: another one leads by the time it wakes
  const forMs = fault === 'freeze' && chance.happens(0.15) ? 12_000 : when.forMs;
  return { ...when, forMs, fault, service: chance.pick(services), nth: chance.between(0, 1) };
}

/** As it is told, in one line. */
export const told = (plan: Plan): string => plan.map((faults) => faults.map(toldFault).join(', ')).join(' | ');

function toldFault(fault: Fault): string {
  const what =
    fault.fault === 'weather'
      ? `${fault.weather.kind} ${fault.way}`
      : fault.fault === 'kill-server'
        ? `kill ${fault.server}`
        : `${fault.fault} ${fault.service}${fault.fault === 'kill-all' ? '' : `-${fault.nth}`}`;
  return `${what} ${fault.forMs} ms`;
}
