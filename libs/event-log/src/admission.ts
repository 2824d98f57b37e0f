import type { NewEvent, PublishedEvent } from './envelope.js';
import type { Append, CommandIdentity, Guard } from './event-log.js';
import { assertPlainJson } from './leaf.js';

/** What only the log itself assigns. */
const ASSIGNED = ['stream', 'version', 'sequence', 'recordedAt', 'position', 'source'] as const;

/** The one form of instants, so that they compare as strings. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** An append as it waits for its commit: what the caller changes in its objects meanwhile has no effect. */
export interface PreparedAppend {
  readonly writes: readonly PreparedWrite[];
  readonly guards: readonly Guard[];
  readonly command?: CommandIdentity;
}

export interface PreparedWrite {
  readonly stream: string;
  readonly expectedVersion: number;
  /** `body`: JSON text */
  readonly events: readonly { readonly caseId?: string; readonly body: string }[];
}

/** Checks an append, and takes it as it is now. @throws TypeError see assertAppend */
export function prepareAppend(service: string, append: Append): PreparedAppend {
  assertAppend(service, append);
  const { writes, guards = [], command } = append;
  return {
    writes: writes.map(({ stream, expectedVersion, events }) => ({
      stream,
      expectedVersion,
      events: events.map((event) => ({ caseId: event.caseId, body: JSON.stringify(event) })),
    })),
    guards: guards.map(({ stream, version }) => ({ stream, version })),
    ...(command && { command: { id: command.id, fingerprint: command.fingerprint } }),
  };
}

/**
 * What every engine checks before it takes an append: mistakes of the program, not of its users.
 * @throws TypeError on a stream of another service, a stream written twice, an impossible version, an event that is not plain JSON
 */
function assertAppend(service: string, append: Append): void {
  const written = new Set<string>();
  for (const { stream, expectedVersion, events } of append.writes) {
    if (!stream.startsWith(`${service}/`)) throw new TypeError(`${service} can't write to stream ${stream}`);
    if (written.has(stream)) throw new TypeError(`stream ${stream} is written twice in one append`);
    written.add(stream);
    assertVersion(expectedVersion, 0);
    events.forEach(assertNewEvent);
  }
  for (const { version } of append.guards ?? []) assertVersion(version, 0);
}

/**
 * What every engine checks before it copies events of another service.
 * @throws TypeError on one's own service as source, a stream that is not the source's, a malformed envelope
 */
export function assertObservable(service: string, source: string, events: readonly PublishedEvent[]): void {
  if (source === service) throw new TypeError(`${service} can't observe itself`);
  for (const event of events) {
    assertPlainJson(event, 'event');
    if (!event.stream.startsWith(`${source}/`)) throw new TypeError(`${source} can't publish stream ${event.stream}`);
    assertVersion(event.version, 1);
    assertVersion(event.sequence, 0);
    if (!INSTANT.test(event.recordedAt)) throw new TypeError('recordedAt is not an instant in UTC with milliseconds');
    if ('position' in event || 'source' in event) throw new TypeError('position and source belong to the local log');
  }
}

function assertNewEvent(event: NewEvent): void {
  assertPlainJson(event, 'event');
  const assigned = ASSIGNED.find((field) => field in event);
  if (assigned !== undefined) throw new TypeError(`${assigned} is for the log to assign`);
}

function assertVersion(value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) throw new TypeError(`${value} is no version or sequence`);
}
