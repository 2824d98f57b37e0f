import type { Caller } from '@ihala/access';
import type { FastifyRequest } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import { asUuid, readTraceparent } from '../tracing/traceparent.js';
import { languageOf, type Language } from './language.js';
import { Problem, invalid } from './problem.js';

/** One authenticated request, as commands and queries see it. */
export interface Call {
  readonly caller: Caller;
  readonly method: string;
  /** without the query */
  readonly path: string;
  readonly idempotencyKey?: string;
  readonly ifMatch?: string;
  readonly requestId: string;
  readonly correlationId: string;
  readonly receivedAt: string;
  readonly language: Language;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
export const isUuid = (text: string | undefined): text is string => text !== undefined && uuid.test(text);

/** What tells one request from all others, and one errand of several requests, in logs, answers and events. */
export type RequestIds = Pick<Call, 'requestId' | 'correlationId'>;

/**
 * The caller's correlation id counts if it is a UUID: anything else could say something about a person. Without one it is the
 * caller's trace, which whatever follows then belongs to, in every service.
 */
export function requestIdsOf({ id, headers }: FastifyRequest): RequestIds {
  const given = [headers['x-correlation-id']].flat()[0];
  if (isUuid(given)) return { requestId: id, correlationId: given.toLowerCase() };
  const trace = readTraceparent(headers['traceparent']);
  return { requestId: id, correlationId: trace ? asUuid(trace.traceId) : id };
}

export function callOf(request: FastifyRequest, caller: Caller, receivedAt: string): Call {
  const { headers } = request;
  return {
    ...requestIdsOf(request),
    caller,
    method: request.method,
    path: request.url.split('?', 1)[0]!,
    idempotencyKey: [headers['idempotency-key']].flat()[0],
    ifMatch: headers['if-match'],
    receivedAt,
    language: languageOf(headers['accept-language']),
  };
}

export const newId = (): string => uuidv7();

/** @throws Problem 400 when the key is not 1 to 255 visible ASCII characters */
export function requireValidKey(key: string): void {
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw invalid([{ path: 'Idempotency-Key', message: '1 to 255 visible ASCII characters' }]);
  }
}

/** RFC 9110 If-Match with strong comparison; `*` matches anything that exists. */
export function matches(ifMatch: string, version: number): boolean {
  return ifMatch.trim() === '*' || ifMatch.split(',').some((tag) => tag.trim() === `"${version}"`);
}

export function requireMatch(call: Call, version: number): void {
  if (call.ifMatch !== undefined && !matches(call.ifMatch, version)) throw new Problem(412, 'precondition.failed');
}
