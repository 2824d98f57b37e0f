import { randomUUID } from 'node:crypto';
import { assertObservable, tracePointOf, type LogHead, type PublishedEvent } from '@ihala/event-log';
import { decode, fromMessage, toMessage, Unreadable, type CarriedMessage, type CloudEvent } from './cloud-event.js';

/** What a relay says every second. */
export interface SaidHead extends LogHead {
  /** every event up to this sequence has been sent on the topic before; -1: none */
  readonly sent: number;
}

/** A receiver lacks events of a source, from this sequence on. */
export interface ResendRequest {
  readonly source: string;
  readonly from: number;
}

/** What stands on a service's topic. */
export type Carried = { readonly event: PublishedEvent } | { readonly head: SaidHead };

/** Names with a dot are no event's: those are of letters. */
const HEAD = 'ihala.log-head';
const RESEND = 'ihala.resend-request';

export const sourceUri = (service: string): string => `/ihala/${service}`;
const sortable = (sequence: number): string => String(sequence).padStart(16, '0');
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** The event with its whole envelope is the data, so that its copy has its leaf; the attributes tell what it is without opening it. */
export function eventMessage(source: string, event: PublishedEvent): CarriedMessage {
  const attributes: Record<string, string> = {
    specversion: '1.0',
    id: event.id,
    source: sourceUri(source),
    type: event.type,
    subject: event.stream,
    time: event.occurredAt,
    datacontenttype: 'application/json',
    dataschema: `urn:ihala:event:${event.type}:${event.schemaVersion}`,
    sequence: sortable(event.sequence),
    partitionkey: event.caseId ?? event.stream,
    correlationid: event.correlationId,
    causationid: event.causationId,
  };
  const point = tracePointOf(event);
  // which trace, not whether anybody keeps it: that each process says by the trace's id
  if (point !== undefined) attributes['traceparent'] = `00-${point.traceId}-${point.spanId}-00`;
  return toMessage({ attributes, data: json(event) });
}

export function headMessage(source: string, head: SaidHead): CarriedMessage {
  const attributes = {
    specversion: '1.0',
    id: `${source}-${head.at}-${head.sent}`,
    source: sourceUri(source),
    type: HEAD,
    time: head.at,
    datacontenttype: 'application/json',
    partitionkey: source,
  };
  return toMessage({ attributes, data: json(head) });
}

export function resendMessage(receiver: string, request: ResendRequest): CarriedMessage {
  const attributes = {
    specversion: '1.0',
    id: randomUUID(),
    source: sourceUri(receiver),
    type: RESEND,
    datacontenttype: 'application/json',
    partitionkey: request.source,
  };
  return toMessage({ attributes, data: json(request) });
}

/** @param receiver the service that reads @throws Unreadable */
export function readCarried(receiver: string, source: string, message: CarriedMessage): Carried {
  const { attributes, data } = fromMessage(message);
  if (attributes['source'] !== sourceUri(source)) throw new Unreadable('wrong-source');
  const value = parsed({ attributes, data });
  if (attributes['type'] === HEAD) return { head: asHead(value) };
  const event = asEvent(value);
  try {
    assertObservable(receiver, source, [event]);
  } catch {
    throw new Unreadable('not-an-event');
  }
  const { id, type, sequence } = attributes;
  if (id !== event.id || type !== event.type || Number(sequence) !== event.sequence) {
    throw new Unreadable('attributes-contradict-data');
  }
  return { event };
}

/** @throws Unreadable */
export function readResendRequest(message: CarriedMessage): ResendRequest {
  const event = fromMessage(message);
  if (event.attributes['type'] !== RESEND) throw new Unreadable('not-a-resend-request');
  const { source, from } = parsed(event);
  if (typeof source !== 'string' || !isCount(from)) throw new Unreadable('not-a-resend-request');
  return { source, from };
}

function parsed({ attributes, data }: CloudEvent): Record<string, unknown> {
  if (attributes['datacontenttype'] !== 'application/json') throw new Unreadable('not-json');
  let value: unknown;
  try {
    value = JSON.parse(decode(data));
  } catch (error) {
    throw error instanceof Unreadable ? error : new Unreadable('not-json');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Unreadable('not-an-object');
  return value as Record<string, unknown>;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
const isActor = (value: unknown): boolean =>
  isObject(value) &&
  ['agency', 'subject', 'role'].every((name) => typeof (value as Record<string, unknown>)[name] === 'string');

function asHead({ sequence, at, sent }: Record<string, unknown>): SaidHead {
  const counts = [sequence, sent].every((value) => value === -1 || isCount(value));
  if (!counts || typeof at !== 'string' || Number.isNaN(Date.parse(at))) throw new Unreadable('not-a-head');
  return { sequence: sequence as number, at: new Date(at).toISOString(), sent: sent as number };
}

const TEXTS = ['id', 'type', 'stream', 'occurredAt', 'recordedAt', 'correlationId', 'causationId'];

/** What any reader of a log relies on; what kind of event it is, and whether its data fit that kind, is for the reader to judge. */
function asEvent(value: Record<string, unknown>): PublishedEvent {
  const whole =
    TEXTS.every((name) => typeof value[name] === 'string') &&
    isCount(value['schemaVersion']) &&
    isActor(value['actor']) &&
    isObject(value['data']) &&
    (value['caseId'] === undefined || typeof value['caseId'] === 'string') &&
    (value['sealed'] === undefined || Array.isArray(value['sealed']));
  if (!whole) throw new Unreadable('not-an-event');
  return value as unknown as PublishedEvent;
}
