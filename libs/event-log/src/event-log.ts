import type { NewEvent, PublishedEvent, RecordedEvent } from './envelope.js';

export interface StreamWrite {
  /** `<service>/<aggregate>-<id>`, of the log's own service; named once in an append */
  readonly stream: string;
  /** the version the decision was made on; 0: the stream must not exist yet */
  readonly expectedVersion: number;
  /** plain JSON (see assertPlainJson); none: the write acts as a guard */
  readonly events: readonly NewEvent[];
}

/** A stream, own or observed, that a decision rests on without writing to it. */
export interface Guard {
  readonly stream: string;
  /** 0: there must be none */
  readonly version: number;
}

export interface CommandIdentity {
  readonly id: string;
  /** keyed (HMAC), so that it says nothing about a person */
  readonly fingerprint: string;
}

export interface Append {
  readonly writes: readonly StreamWrite[];
  readonly guards?: readonly Guard[];
  readonly command?: CommandIdentity;
}

/** Stream and version after the append, in the order of the writes. */
export type Versions = readonly { readonly stream: string; readonly version: number }[];

export interface RecordedCommand extends CommandIdentity {
  readonly versions: Versions;
}

export interface AppendResult {
  /** true: this command had been appended before, and `versions` are those of the first time */
  readonly replayed: boolean;
  readonly versions: Versions;
}

/** How far a log goes: every own event recorded before `at` has a sequence of at most `sequence` (-1: there is none yet). */
export interface LogHead {
  readonly sequence: number;
  readonly at: string;
}

/** What a log knows of a service it observes. */
export interface SourceProgress {
  readonly source: string;
  /** of the last event copied; -1: none */
  readonly sequence: number;
  /** the newest head heard whose events are all copied: up to this instant the copy is complete */
  readonly completeUpTo?: string;
  /** the event at which the source contradicted itself; nothing more is copied from it until an operator decides */
  readonly forkedAt?: { readonly stream: string; readonly version: number };
}

/** A stream was not at the version that a write or a guard named. Nothing was written; read again and decide again. */
export class WrongExpectedVersion extends Error {
  constructor(
    readonly stream: string,
    readonly expected: number,
    readonly actual: number,
  ) {
    super(`stream ${stream} is at version ${actual}, expected ${expected}`);
  }
}

/** The command id was used before for something else. Nothing was written. */
export class CommandReused extends Error {}

/**
 * A source contradicted itself: another event under a stream and version, or a sequence, that is already here; a hole in a stream;
 * a log that ends before our copy of it. What it offered before the contradiction is kept, and the source is parked for good.
 */
export class SourceForked extends Error {}

/** Events are missing between the last copied one and the first offered. Nothing was written; ask from `expected` on. */
export class SourceGap extends Error {
  constructor(
    readonly source: string,
    readonly expected: number,
    readonly offered: number,
  ) {
    super(`${source}: expected sequence ${expected}, offered ${offered}`);
  }
}

/**
 * A write did not get to disk: full, failing, read-only, or held by another program. Nothing was acknowledged; the same may be
 * tried again, under its command id if it has one, since a disk that fails in the middle may yet have kept it.
 */
export class StorageUnavailable extends Error {}

/** The one append-only log of one service. Two engines stand behind it. */
export abstract class EventLog {
  /** the service that owns this log; own streams start with `<service>/` */
  abstract readonly service: string;

  /**
   * One atomic, durable commit: all its events, or none. Answers only after it is on disk. In this order: a command id that is known
   * answers with the versions of the first time (`replayed`); then every write's and guard's stream is compared with its version,
   * inside the transaction; then the events get their numbers.
   * @throws WrongExpectedVersion | CommandReused | StorageUnavailable, TypeError for a malformed append, Error once the log is closed
   */
  abstract append(append: Append): Promise<AppendResult>;

  abstract findCommand(id: string): Promise<RecordedCommand | undefined>;

  /**
   * Copies events of `source`, in sequence order, in one durable commit; the ones already here are passed over.
   * `head`, if given, is how far the source's log goes; it may be forgotten in a crash.
   * @returns how many were new @throws SourceForked | SourceGap, TypeError for a malformed event
   */
  abstract observe(source: string, events: readonly PublishedEvent[], head?: LogHead): Promise<number>;

  /** One stream, own or observed, oldest first, up to and including version `to`. */
  abstract readStream(stream: string, range?: { from?: number; to?: number }): AsyncIterable<RecordedEvent>;

  /** The log in position order, after `after`; with `caseId` only what concerns that case. Read in bounded batches. */
  abstract readLog(range: { after: number; limit?: number; caseId?: string }): AsyncIterable<RecordedEvent>;

  /** Own events from a sequence on, as other services receive them. */
  abstract readOwn(range: { from: number; limit?: number }): AsyncIterable<PublishedEvent>;

  /** Events at these positions, in position order; positions that do not exist are left out. */
  abstract readAt(positions: readonly number[]): Promise<readonly RecordedEvent[]>;

  /** Last position (0: empty log). */
  abstract lastPosition(): Promise<number>;

  abstract head(): Promise<LogHead>;

  abstract sources(): Promise<readonly SourceProgress[]>;

  /** Calls back after commits that added events, own or observed; a wake-up, never a source of order. Returns how to stop. */
  abstract onCommit(wake: () => void): () => void;

  /** Refuses whatever comes after, and resolves once all appends taken before are answered. */
  abstract close(): Promise<void>;
}
