import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Finding } from '../finding.js';
import type { Installation } from './installation.js';

const HOUR_MS = 3_600_000;
/** A lease is asked for every 3 s or so, and lasts for 10 s. */
const twoTurnsMs = 7000;
const takeoverMs = 30_000;

/**
 * Processes whose clocks are an hour off: one that is ahead does not take the lease from who holds it, one that is behind takes it
 * when its holder is dead.
 */
export async function clocksApart(installation: Installation): Promise<Finding[]> {
  const { databases, cluster } = installation;
  const wrong = (what: string) => [{ check: 'lease', file: 'cases', what }];
  const [first] = cluster.replicasOf('cases');
  const held = await leader(installation, undefined);
  const ahead = await installation.add('cases', skewed(HOUR_MS));
  await pause(twoTurnsMs);
  const now = await databases.lease('cases');
  if (now?.epoch !== held?.epoch) return wrong('taken from one that is alive');
  await installation.add('cases', skewed(-HOUR_MS));
  await Promise.all([first!, ahead].map((replica) => replica.end('SIGKILL')));
  return (await leader(installation, held?.holder)) ? [] : wrong('not taken after the death of its holder');
}

const skewed = (ms: number) => ({
  NODE_OPTIONS: `--import ${join(import.meta.dirname, 'clock.mjs')}`,
  CLOCK_SKEW_MS: String(ms),
});

/** Waits for one that is not this. */
async function leader({ databases }: Installation, other: string | undefined) {
  for (const end = Date.now() + takeoverMs; Date.now() < end; await pause(200)) {
    const lease = await databases.lease('cases');
    if (lease !== undefined && lease.holder !== other) return lease;
  }
  return undefined;
}
