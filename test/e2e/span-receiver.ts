import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

type Value = { readonly stringValue?: string; readonly intValue?: number; readonly boolValue?: boolean };
type Attributes = readonly { readonly key: string; readonly value: Value }[];
interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Attributes;
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code?: number };
}
interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Attributes };
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

/** A span as OTLP has it, with its service and its attributes by name. */
export type ReceivedSpan = Omit<SentSpan, 'attributes'> & {
  readonly service: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
};

/** What takes traces: OTLP over HTTP, in JSON. */
export class SpanReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** of all requests */
  readonly paths: string[] = [];
  readonly #server: Server;

  private constructor(answers: boolean) {
    this.#server = createServer((request, response) => {
      this.paths.push(request.url!);
      if (!answers) return;
      void json(request).then((sent) => {
        this.spans.push(...spansIn(sent as Sent));
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
  }

  /** @param answers false: it hears, and says nothing */
  static async start({ answers = true } = {}): Promise<SpanReceiver> {
    const receiver = new SpanReceiver(answers);
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  trace(traceId: string): ReceivedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

const spansIn = ({ resourceSpans }: Sent): ReceivedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        service: named(resource.attributes)['service.name'],
        attributes: named(span.attributes),
      })),
    ),
  );

const named = (attributes: Attributes): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0] as unknown]));

/** A span and all that it hangs on, the first first. */
export function lineage(spans: readonly ReceivedSpan[], last: ReceivedSpan): ReceivedSpan[] {
  const parent = spans.find(({ spanId }) => spanId === last.parentSpanId);
  return parent ? [...lineage(spans, parent), last] : [last];
}

/** The environment of a process whose spans it gets at once. */
export const sendingTo = ({ url }: SpanReceiver) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_BSP_SCHEDULE_DELAY: '50',
});
