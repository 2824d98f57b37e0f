import type { PublishedEvent } from './envelope.js';

/** Where something stands in a trace (W3C Trace Context), in lower-case hex: 32 digits and 16. */
export interface TracePoint {
  readonly traceId: string;
  readonly spanId: string;
}

const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** The trace is the correlation's id, the place in it an event's or request's own: so neither is stored or carried besides. */
export function tracePointOf({
  id,
  correlationId,
}: Pick<PublishedEvent, 'id' | 'correlationId'>): TracePoint | undefined {
  if (!uuid.test(correlationId) || !uuid.test(id)) return undefined;
  return { traceId: correlationId.replaceAll('-', ''), spanId: id.replaceAll('-', '').slice(16) };
}

/** Events took one step on their way from a log to another. */
export interface Passage {
  readonly step: 'send' | 'observe';
  readonly events: readonly PublishedEvent[];
  /** what carries them, `kafka` say; undefined: the other log is read directly */
  readonly carrier?: string;
  /** the topic, or the service whose log it is */
  readonly by: string;
  /** those who share the receiving */
  readonly group?: string;
  /** when it began, on the clock of `performance` */
  readonly since: number;
}

/** Told of each step that succeeded, before the next one begins. */
export type OnPassage = (passage: Passage) => void;
