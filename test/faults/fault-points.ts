import { setTimeout as pause } from 'node:timers/promises';
import type { Chance } from './chance.js';
import type { Finding } from './finding.js';
import type { Trial } from './trial.js';

/** Where a process is made to fail: see fault-point.mjs. The tables tell what a transaction is for. */
const places = {
  /** an append, with its command */
  commands: ['before', 'at', 'after', 'full', 'ioerr'],
  /** the copy of others' events */
  sources: ['before', 'after', 'full', 'ioerr'],
  /** documents and checkpoint of a view */
  views: ['before', 'at', 'after', 'after', 'after', 'full'],
  keys: ['before', 'after', 'full'],
  events: ['at', 'nospace'],
} as const;

export interface FaultPoint {
  readonly name: string;
  readonly kills: boolean;
}

/** Every place, each at a moment that chance chooses. */
export function faultPoints(chance: Chance): readonly FaultPoint[] {
  return Object.entries(places).flatMap(([table, hows]) =>
    hows.map((how) => {
      const kills = ['before', 'at', 'after'].includes(how);
      const nth = chance.between(2, 30);
      return { name: `${how}:${table}:${nth}${kills ? '' : `-${nth + chance.between(0, 6)}`}`, kills };
    }),
  );
}

const longestMs = 10_000;

/**
 * One life with a fault point. Where it only fails, and does not kill, the process has to go on: it is killed a moment later.
 * @returns also `unreached` when the point was not met
 */
export async function failAt(trial: Trial, { name, kills }: FaultPoint): Promise<Finding[]> {
  const isReached = () => trial.server.output.includes(`fault point ${name} is reached`);
  await trial.start({ faultPoint: name });
  for (const end = Date.now() + longestMs; !isReached() && Date.now() < end;) await pause(10);
  const reached = isReached();
  if (reached && kills) await trial.server.exited;
  else await pause(200);
  const unreached = { check: 'unreached', file: trial.folder, what: name };
  await trial.kill();
  return [...(reached ? [] : [unreached]), ...trial.check()];
}
