import { tracePointOf } from '@ihala/event-log';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestIdsOf } from '../http/call.js';
import { refusalOf } from '../http/problem.js';
import type { Span } from './tracing.js';
import { readTraceparent } from './traceparent.js';

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']);

/**
 * An answered request as a span of OpenTelemetry's conventions for HTTP servers, but for its path, its host and who asked: people
 * may stand there. It is part of the caller's trace, unless the caller names another correlation: then the two are linked.
 */
export function requestSpan(request: FastifyRequest, reply: FastifyReply): Span | undefined {
  const { requestId, correlationId } = requestIdsOf(request);
  const point = tracePointOf({ id: requestId, correlationId });
  if (!point) return undefined;
  const caller = readTraceparent(request.headers['traceparent']);
  const method = methods.has(request.method) ? request.method : '_OTHER';
  const route = request.routeOptions.url;
  const end = Date.now();
  const failed = reply.statusCode >= 500 ? (refusalOf(request) ?? String(reply.statusCode)) : undefined;
  return {
    ...point,
    ...(caller?.traceId === point.traceId ? { parentId: caller.spanId } : { link: caller }),
    name: [method === '_OTHER' ? 'HTTP' : method, route].filter(Boolean).join(' '),
    kind: 'server',
    ...{ start: end - reply.elapsedTime, end, failed },
    attributes: {
      'http.request.method': method,
      ...(route !== undefined && { 'http.route': route }),
      'http.response.status_code': reply.statusCode,
      'url.scheme': request.protocol,
      'network.protocol.version': request.raw.httpVersion,
      'ihala.request.id': requestId,
      ...more(request, reply),
    },
  };
}

function more(request: FastifyRequest, reply: FastifyReply): Span['attributes'] {
  const code = refusalOf(request);
  return {
    ...(code !== undefined && { 'ihala.refusal': code }),
    ...(reply.hasHeader('idempotency-replayed') && { 'ihala.replayed': true }),
  };
}
