import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { underRequest } from '../logging.js';
import type { Metrics } from '../metrics.js';
import type { ServiceTracing } from '../tracing/service-tracing.js';
import { isStreamed } from './answer.js';
import { requestIdsOf } from './call.js';
import { refusalOf } from './problem.js';

/** Whoever waits longer may ask what took so long: such a request is a warning in the log. */
const slowMs = 1000;
const isPage = (path: string): boolean => /^\/docs(?:[/?]|$)/.test(path);
/** The documentation page brings scripts of its own and puts styles into itself; nothing else here is looked at in a browser. */
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; ";
const enclosed = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** What every answer carries, whatever becomes of the request. */
export const securityHeaders = (path = '', tls = false): Readonly<Record<string, string>> => ({
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'content-security-policy': `${isPage(path) ? pagePolicy : "default-src 'none'; "}${enclosed}`,
  'cross-origin-resource-policy': 'same-origin',
  ...(tls && { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }),
});

/**
 * Gives every request its ids, which stand on each of its log lines and in its answer; writes one line and measures when
 * it is answered. Headers go onto the raw response, so that live streams, which pass by Fastify's reply, have them too.
 */
export class Edge {
  constructor(
    private readonly logger: Logger,
    private readonly metrics: Metrics,
    private readonly tracing?: ServiceTracing,
  ) {}

  follow(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      this.begin(request, reply);
      underRequest.run(requestIdsOf(request), done);
    });
    fastify.addHook('onResponse', (request, reply, done) => {
      this.end(request, reply);
      done();
    });
  }

  begin(request: FastifyRequest, reply: FastifyReply): void {
    const { requestId, correlationId } = requestIdsOf(request);
    const headers = {
      ...securityHeaders(request.url, request.protocol === 'https'),
      'x-request-id': requestId,
      'x-correlation-id': correlationId,
    };
    for (const [name, value] of Object.entries(headers)) reply.raw.setHeader(name, value);
  }

  end(request: FastifyRequest, reply: FastifyReply): void {
    this.tracing?.answered(request, reply);
    if (isStreamed(reply)) return;
    const { method } = request;
    const route = request.routeOptions.url ?? 'unknown';
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    const code = refusalOf(request);
    const line = { ...requestIdsOf(request), method, route, status: reply.statusCode, ms, ...(code && { code }) };
    this.metrics.answered({
      method,
      route,
      status: reply.statusCode,
      ms,
      replayed: reply.hasHeader('idempotency-replayed'),
    });
    this.logger[reply.statusCode >= 500 || ms > slowMs ? 'warn' : 'info'](line, 'request');
  }
}
