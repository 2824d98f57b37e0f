import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { CannotCarryOut, type Passage, type StreamWrite, tracePointOf } from '@ihala/event-log';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Cause } from '../events.js';
import { Problem } from '../http/problem.js';
import { requestSpan } from './request-span.js';
import type { Span, Tracing } from './tracing.js';

type Ids = Pick<Cause, 'correlationId' | 'causationId'>;

/**
 * What one service does, as spans. Their ids are those of the envelope: the trace is the correlation, an event's span has the
 * event's id, and its parent is what caused it. So a copy in any log, at any time, knows where it belongs.
 */
export class ServiceTracing {
  /** the follow-up under way, by its span */
  readonly #within = new AsyncLocalStorage<string>();

  constructor(
    private readonly service: string,
    private readonly tracing: Tracing,
  ) {}

  answered(request: FastifyRequest, reply: FastifyReply): void {
    this.#record(requestSpan(request, reply));
  }

  /** One span an event, which whatever follows from the event hangs on. */
  async appending<Result extends { readonly replayed: boolean }>(
    writes: readonly StreamWrite[],
    append: () => Promise<Result>,
  ): Promise<Result> {
    const since = performance.now();
    try {
      const result = await append();
      if (!result.replayed) this.#appended(writes, timed(since));
      return result;
    } catch (error) {
      this.#appended(writes, { ...timed(since), failed: wordFor(error) });
      throw error;
    }
  }

  /** A command that follows from an event or from the clock. */
  async following(name: string, ids: Ids, work: () => Promise<void>): Promise<void> {
    const { correlationId, causationId } = ids;
    const cause = tracePointOf({ id: causationId, correlationId });
    if (!cause) return work();
    // what the clock began is caused by nothing but itself
    const own = correlationId === causationId ? cause.spanId : randomSpanId();
    const span = {
      ...{ traceId: cause.traceId, spanId: own },
      ...(own !== cause.spanId && { parentId: cause.spanId }),
      ...{ name: `follow up ${name}`, kind: 'internal' as const, attributes: { 'ihala.follow_up': name } },
    };
    const since = performance.now();
    try {
      await this.#within.run(own, work);
      this.#record({ ...span, ...timed(since) });
    } catch (error) {
      this.#record({ ...span, ...timed(since), failed: wordFor(error) });
      throw error;
    }
  }

  /** Each event in the trace it belongs to; what carried many of them together says so. */
  passed({ step, events, carrier, by, group, since }: Passage): void {
    const times = timed(since);
    const [kind, type] = step === 'send' ? (['client', 'send'] as const) : (['consumer', 'process'] as const);
    const shared = {
      ...messaging(carrier, by),
      'messaging.operation.name': step,
      'messaging.operation.type': type,
      ...(carrier === 'kafka' && { 'messaging.destination.partition.id': '0' }),
      ...(group !== undefined && { 'messaging.consumer.group.name': group }),
      ...(events.length > 1 && { 'messaging.batch.message_count': events.length }),
    };
    for (const event of events) {
      const point = tracePointOf(event);
      if (!point) continue;
      const { traceId, spanId: parentId } = point;
      const attributes = { ...shared, ...message(event) };
      this.#record({ traceId, spanId: randomSpanId(), parentId, name: `${step} ${by}`, kind, attributes, ...times });
    }
  }

  #appended(writes: readonly StreamWrite[], outcome: Pick<Span, 'start' | 'end' | 'failed'>): void {
    const events = writes.flatMap((write) => write.events);
    const shared = {
      ...messaging(undefined, this.service),
      'messaging.operation.name': 'append',
      'messaging.operation.type': 'create',
      'ihala.append.events': events.length,
      'ihala.append.streams': writes.length,
    };
    for (const event of events) {
      const point = tracePointOf(event);
      const cause = tracePointOf({ id: event.causationId, correlationId: event.correlationId });
      if (!point || !cause) continue;
      const parentId = this.#within.getStore() ?? cause.spanId;
      const attributes = { ...shared, ...message(event), 'ihala.event.type': event.type };
      this.#record({ ...point, parentId, name: `append ${this.service}`, kind: 'producer', attributes, ...outcome });
    }
  }

  #record(span: Span | undefined): void {
    if (span) this.tracing.record(this.service, span);
  }
}

const messaging = (carrier: string | undefined, by: string) => ({
  // the conventions know no system of ours
  'messaging.system': carrier ?? 'ihala',
  'messaging.destination.name': by,
});

const message = ({ id, correlationId }: { readonly id: string; readonly correlationId: string }) => ({
  'messaging.message.id': id,
  'messaging.message.conversation_id': correlationId,
});

function timed(since: number): Pick<Span, 'start' | 'end'> {
  const end = Date.now();
  return { start: end - (performance.now() - since), end };
}

/** Never what an error says: that may quote what somebody sent. */
function wordFor(error: unknown): string {
  if (error instanceof Problem || error instanceof CannotCarryOut) return error.code;
  return Error.isError(error) ? error.constructor.name : typeof error;
}

function randomSpanId(): string {
  const id = randomBytes(8).toString('hex');
  return /^0+$/.test(id) ? randomSpanId() : id;
}
