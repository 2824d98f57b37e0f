import type { PublishedEvent } from './envelope.js';
import { SourceGap, type LogHead, type SourceProgress } from './event-log.js';
import { auditLeaf } from './leaf.js';

/** What a log knows of one source. */
export interface SourceState {
  /** of the last event copied; -1: none */
  readonly sequence: number;
  /** never before the instant of the last event copied; '': nothing heard yet */
  readonly completeUpTo: string;
  /** the newest head whose events are not all here yet */
  readonly pending?: LogHead;
  readonly forkedAt?: { readonly stream: string; readonly version: number };
}

export const NOTHING_HEARD: SourceState = { sequence: -1, completeUpTo: '' };

/** What a source says at one time. */
export interface Offer {
  readonly source: string;
  readonly events: readonly PublishedEvent[];
  readonly head?: LogHead;
}

/** What of a source is in the log already. */
export interface Copies {
  /** version of a stream; 0: there is none */
  tail(stream: string): number;
  find(stream: string, version: number): PublishedEvent | undefined;
  /** the event of the source with this sequence */
  findObserved(sequence: number): PublishedEvent | undefined;
}

/** What is to be done about an offer. */
export interface Weighed {
  /** to copy, in this order */
  readonly fresh: readonly PublishedEvent[];
  readonly state: SourceState;
}

/**
 * Tells what is new of an offer. When the source contradicts itself, what came before the contradiction is new still, and the
 * source is marked; nothing more is ever taken from it.
 * @param before what was known of the source, of which it is not known that it contradicts itself @throws SourceGap
 */
export function weigh({ source, events, head }: Offer, before: SourceState, copies: Copies): Weighed {
  const fresh: PublishedEvent[] = [];
  const seen = new CopiesAndFresh(copies);
  let state = before;
  for (const event of events) {
    if (event.sequence > state.sequence + 1) throw new SourceGap(source, state.sequence + 1, event.sequence);
    const place = placeOf(event, state, seen);
    if (place === 'here') continue;
    if (place === 'contradiction') {
      return { fresh, state: { ...state, forkedAt: { stream: event.stream, version: event.version } } };
    }
    fresh.push(event);
    seen.add(event);
    state = withHead({ ...state, sequence: event.sequence }, { sequence: event.sequence, at: event.recordedAt });
  }
  return { fresh, state: head === undefined ? state : hear(head, state, seen) };
}

/** What is in the log, and what is new before it in the same offer. */
class CopiesAndFresh implements Copies {
  readonly #fresh = new Map<string, PublishedEvent[]>();

  constructor(private readonly copies: Copies) {}

  add(event: PublishedEvent): void {
    const earlier = this.#fresh.get(event.stream);
    if (earlier === undefined) this.#fresh.set(event.stream, [event]);
    else earlier.push(event);
  }

  tail(stream: string): number {
    return this.#fresh.get(stream)?.at(-1)?.version ?? this.copies.tail(stream);
  }

  find(stream: string, version: number): PublishedEvent | undefined {
    return this.#fresh.get(stream)?.find((event) => event.version === version) ?? this.copies.find(stream, version);
  }

  findObserved(sequence: number): PublishedEvent | undefined {
    const fresh = [...this.#fresh.values()].flat().find((event) => event.sequence === sequence);
    return fresh ?? this.copies.findObserved(sequence);
  }
}

/** Either both its sequence and its version are the next ones, or the very same event is here. */
function placeOf(event: PublishedEvent, state: SourceState, copies: Copies): 'next' | 'here' | 'contradiction' {
  const tail = copies.tail(event.stream);
  if (event.version > tail) {
    return event.version === tail + 1 && event.sequence > state.sequence ? 'next' : 'contradiction';
  }
  const known = copies.find(event.stream, event.version);
  return known !== undefined && auditLeaf(known) === auditLeaf(event) ? 'here' : 'contradiction';
}

/** A new head that ends before our copy does: the source has lost events, say by restoring an old backup. */
function hear(head: LogHead, state: SourceState, copies: Copies): SourceState {
  if (head.at <= state.completeUpTo || head.sequence >= state.sequence) return withHead(state, head);
  const { stream, version } = copies.findObserved(head.sequence + 1)!;
  return { ...state, forkedAt: { stream, version } };
}

/**
 * The state after hearing how far the source goes. An event just copied is such a head too: whatever was recorded before it has a
 * lower sequence. A head counts once all its events are here; one that is not newer than what is known says nothing.
 */
function withHead(state: SourceState, head: LogHead): SourceState {
  const { pending, ...rest } = state;
  const here = [head, pending].filter((known) => known !== undefined && known.sequence <= state.sequence);
  const ahead = [head, pending].find((known) => known !== undefined && known.sequence > state.sequence);
  const completeUpTo = here.reduce((newest, known) => (known!.at > newest ? known!.at : newest), state.completeUpTo);
  return { ...rest, completeUpTo, ...(ahead && { pending: ahead }) };
}

/** What callers are told of it. */
export function progressOf(source: string, { sequence, completeUpTo, forkedAt }: SourceState): SourceProgress {
  return {
    source,
    sequence,
    ...(completeUpTo === '' ? {} : { completeUpTo }),
    ...(forkedAt === undefined ? {} : { forkedAt }),
  };
}
