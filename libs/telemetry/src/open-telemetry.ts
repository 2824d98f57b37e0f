import { setTimeout as sleep } from 'node:timers/promises';
import { build, type Span, Tracing } from '@ihala/service-kit';
import { type HrTime, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  detectResources,
  type Resource,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  SamplingDecision,
  type SpanExporter,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import type { TracingSettings } from './tracing-settings.js';

/** How long the end of a process may wait for the last spans to go out. */
const GOODBYE_MS = 2000;

const kinds = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;
const scope = { name: 'ihala', version: build.version };

/**
 * Sends spans to an OTLP receiver over HTTP, in batches, from a queue that is bounded. Spans come finished and with their ids, so
 * there is nothing to begin, to nest or to patch: of the SDK it takes the queue, the sampler, the resource and the exporter.
 */
export class OpenTelemetry extends Tracing {
  readonly #queue: BatchSpanProcessor;
  readonly #sampler: TraceIdRatioBasedSampler;
  readonly #resources = new Map<string, Resource>();

  constructor({ url, ratio, batches }: TracingSettings, logger: Logger) {
    super();
    this.#sampler = new TraceIdRatioBasedSampler(ratio);
    this.#queue = new BatchSpanProcessor({
      exporter: new Complaining(new OTLPTraceExporter({ url }), logger),
      ...batches,
    });
  }

  record(service: string, span: Span): void {
    const { decision } = this.#sampler.shouldSample(ROOT_CONTEXT, span.traceId);
    if (decision !== SamplingDecision.RECORD_AND_SAMPLED) return;
    this.#queue.onEnd(readable(span, this.#resource(service)));
  }

  async close(): Promise<void> {
    await Promise.race([this.#queue.shutdown().catch(() => {}), sleep(GOODBYE_MS, undefined, { ref: false })]);
  }

  /** The environment has the last word on what the service is called. */
  #resource(service: string): Resource {
    let resource = this.#resources.get(service);
    if (!resource) {
      const known = resourceFromAttributes({
        'service.name': service,
        'service.namespace': 'ihala',
        'service.version': build.version,
      });
      const said = detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] });
      this.#resources.set(service, (resource = known.merge(said)));
    }
    return resource;
  }
}

/** Says in the log when spans can't be sent, and when they can again: once each. */
class Complaining implements SpanExporter {
  #away = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly logger: Logger,
  ) {}

  export(...[spans, done]: Parameters<SpanExporter['export']>): void {
    this.exporter.export(spans, (result) => {
      const { error: err } = result;
      if (err && !this.#away) this.logger.warn({ err }, 'traces cannot be sent: those that find no room are lost');
      if (!err && this.#away) this.logger.info('traces are sent again');
      this.#away = err !== undefined;
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }
}

function readable(span: Span, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentId, link, name, kind, start, end, failed } = span;
  const context = (of: { readonly traceId: string; readonly spanId: string }, isRemote = false) => ({
    ...{ traceId: of.traceId, spanId: of.spanId, traceFlags: TraceFlags.SAMPLED, isRemote },
  });
  const own = context({ traceId, spanId });
  const isRemote = kind === 'server' || kind === 'consumer';
  return {
    ...{ name, kind: kinds[kind], resource, instrumentationScope: scope, ended: true },
    spanContext: () => own,
    ...(parentId !== undefined && { parentSpanContext: context({ traceId, spanId: parentId }, isRemote) }),
    links: link ? [{ context: context(link, true) }] : [],
    startTime: hrTime(start),
    endTime: hrTime(end),
    duration: hrTime(end - start),
    status: { code: failed === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR },
    attributes: { ...span.attributes, ...(failed !== undefined && { 'error.type': failed }) },
    events: [],
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  };
}

/** Seconds, and nanoseconds of a second. */
const hrTime = (ms: number): HrTime => [Math.floor(ms / 1000), Math.floor((ms % 1000) * 1e6)];
