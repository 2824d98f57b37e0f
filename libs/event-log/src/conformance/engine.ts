import { randomInt, randomUUID } from 'node:crypto';
import type { Actor, FollowedLog, JsonObject, NewEvent, PublishedEvent, RecordedEvent, EventLog } from '../index.js';

/** What a suite gets to work with: the log of one service, with its views and reactions. */
export interface OpenedService extends FollowedLog {
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly clock?: () => Date;
}

/** One place for data, empty at first; each service in it has its own log and views. */
export interface Engine {
  open(service: string, options?: OpenOptions): Promise<OpenedService>;
  /** Leaves the service as a kill of its process would, without any clean-up, and opens what is on disk then. */
  crash(service: string, options?: OpenOptions): Promise<OpenedService>;
  /** Closes all that is open and removes the data. */
  destroy(): Promise<void>;
}

export type MakeEngine = () => Promise<Engine>;

/** Seed of every random choice; printed in the tests' names, so that IHALA_SEED=<it> plays a failure again. */
export const SEED = Number(process.env['IHALA_SEED'] ?? randomInt(2 ** 31));

/** Random integers 0 ≤ n < below from a seed (mulberry32). */
export function randomness(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export const FATIMA: Actor = { agency: 'oim', unit: 'oim/oujda', subject: 'fatima', role: 'caseworker' };

/** An event of Fatima's on 20 November 2026. */
export function event(type: string, data: JsonObject = {}, more: Partial<NewEvent> = {}): NewEvent {
  const id = randomUUID();
  return {
    id,
    type,
    schemaVersion: 1,
    occurredAt: '2026-11-20T09:30:00.000Z',
    actor: FATIMA,
    correlationId: id,
    causationId: id,
    data,
    ...more,
  };
}

/** An event as `source` would publish it. */
export function published(stream: string, version: number, sequence: number, data: JsonObject = {}): PublishedEvent {
  const recordedAt = new Date(Date.UTC(2026, 10, 20, 10, 0, sequence)).toISOString();
  return {
    ...event('CaseOpened', data, { id: `${stream}-${version}-${sequence}` }),
    stream,
    version,
    sequence,
    recordedAt,
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Appends one event to a stream, whatever its version is, and says which version it got. */
export async function push(log: EventLog, stream: string, type: string, data: JsonObject = {}): Promise<number> {
  const expectedVersion = (await collect(log.readStream(stream))).length;
  const { versions } = await log.append({ writes: [{ stream, expectedVersion, events: [event(type, data)] }] });
  return versions[0]!.version;
}

/** Throws unless positions, own sequences and the versions of each stream count up without a hole, and the log agrees with its ends. */
export async function assertContiguous(log: EventLog): Promise<readonly RecordedEvent[]> {
  const events = await collect(log.readLog({ after: 0 }));
  const versions = new Map<string, number>();
  let sequence = -1;
  let recordedAt = '';
  for (const [index, entry] of events.entries()) {
    const version = (versions.get(entry.stream) ?? 0) + 1;
    versions.set(entry.stream, version);
    if (entry.position !== index + 1) throw new Error(`position ${entry.position} at place ${index + 1}`);
    if (entry.version !== version) throw new Error(`${entry.stream}: version ${entry.version}, expected ${version}`);
    if (entry.source !== undefined) continue;
    if (entry.sequence !== ++sequence) throw new Error(`sequence ${entry.sequence}, expected ${sequence}`);
    if (entry.recordedAt < recordedAt) throw new Error(`the clock went back at ${entry.position}`);
    recordedAt = entry.recordedAt;
  }
  const ends = { position: await log.lastPosition(), sequence: (await log.head()).sequence };
  if (ends.position !== events.length || ends.sequence !== sequence) throw new Error(`ends: ${JSON.stringify(ends)}`);
  return events;
}
