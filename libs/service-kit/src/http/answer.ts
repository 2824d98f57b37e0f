import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  StreamableFile,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';
import { Service } from '../service.js';
import { admitted } from './access.guard.js';
import { type Call, requestIdsOf } from './call.js';
import { Chunks, ReaderStalled, Streaming } from './streaming.js';

/** A representation and the headers that go with it. */
export class Answer {
  constructor(
    readonly body: object,
    readonly meta: { readonly version?: number; readonly location?: string; readonly replayed?: boolean } = {},
  ) {}
}

const readersPatienceMs = 30_000;
const streamed = new WeakSet<object>();
/** Whether a reply is written bit by bit: how long that takes is its reader's affair, and it is logged when it is over. */
export const isStreamed = (reply: object): boolean => streamed.has(reply);

/** Personal answers are never kept by a cache. */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  constructor(private readonly service: Service) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const { call } = admitted(context);
    const reply = http.getResponse<FastifyReply>();
    void reply.header('cache-control', 'no-store');
    return next.handle().pipe(
      map((result: unknown) => {
        if (result instanceof Streaming) return this.stream(result, call, reply);
        if (!(result instanceof Answer)) return result;
        const { version, location, replayed } = result.meta;
        if (version !== undefined) void reply.header('etag', `"${version}"`);
        if (location !== undefined) void reply.header('location', location);
        if (replayed) void reply.header('idempotency-replayed', 'true');
        return result.body;
      }),
    );
  }

  /** No proxy may hold a stream back, and nothing may come after it on its connection: it is over when that is. */
  private stream(streaming: Streaming, call: Call | undefined, reply: FastifyReply) {
    const { logger, metrics, surroundings } = this.service;
    const { request } = reply;
    const { method, routeOptions } = request;
    const giveBack = call && surroundings.limits.openStream(call.caller);
    const route = routeOptions.url ?? 'unknown';
    void reply.headers({ 'x-accel-buffering': 'no', connection: 'close' });
    streamed.add(reply);
    metrics.answered({ method, route, status: 200, ms: reply.elapsedTime, replayed: false });
    metrics.streams(+1);
    const chunks = new Chunks(streaming, readersPatienceMs);
    chunks.once('close', () => {
      metrics.streams(-1);
      giveBack?.();
      const { errored: err, readableEnded } = chunks;
      const facts = { ...requestIdsOf(request), method, route, status: 200, ms: Math.round(reply.elapsedTime) };
      if (err && !(err instanceof ReaderStalled)) logger.error({ ...facts, err }, 'stream failed');
      else logger.info({ ...facts, ended: readableEnded ? 'complete' : err ? 'stalled' : 'cut' }, 'stream');
    });
    return new StreamableFile(chunks, { type: streaming.type });
  }
}
