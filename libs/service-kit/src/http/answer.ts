import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';

/** A representation and the headers that go with it. */
export class Answer {
  constructor(
    readonly body: object,
    readonly meta: { readonly version?: number; readonly location?: string; readonly replayed?: boolean } = {},
  ) {}
}

/** Personal answers are never kept by a cache. */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    void reply.header('cache-control', 'no-store');
    return next.handle().pipe(
      map((result: unknown) => {
        if (!(result instanceof Answer)) return result;
        const { version, location, replayed } = result.meta;
        if (version !== undefined) void reply.header('etag', `"${version}"`);
        if (location !== undefined) void reply.header('location', location);
        if (replayed) void reply.header('idempotency-replayed', 'true');
        return result.body;
      }),
    );
  }
}
