import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Limit } from './http/request-limits.js';

/** One answered request, as it is measured. */
export interface AnsweredRequest {
  readonly method: string;
  /** the pattern, not the path; `unknown` when no route fits */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
  /** an earlier command's outcome, given again */
  readonly replayed: boolean;
}

export interface Metrics {
  answered(answer: AnsweredRequest): void;
  refused(code: string): void;
  /** @param events appended in one commit */
  committed(events: number): void;
  /** one more or one less is open */
  streams(change: 1 | -1): void;
}

const seconds = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];
const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Prometheus metrics of one process; services are told apart by a label. Labels are closed sets, none of them personal. */
export class MetricsRegistry {
  readonly registry = new Registry();
  readonly #requests = new Histogram({
    name: 'ihala_http_request_duration_seconds',
    help: 'Time to answer a request, by service, method, route and status',
    labelNames: ['service', 'method', 'route', 'status'],
    buckets: seconds,
    registers: [this.registry],
  });
  readonly #commands = new Histogram({
    name: 'ihala_command_duration_seconds',
    help: 'Time to answer a command, by service, command (its route) and outcome: done, replayed, refused or failed',
    labelNames: ['service', 'command', 'outcome'],
    buckets: seconds,
    registers: [this.registry],
  });
  readonly #batches = new Histogram({
    name: 'ihala_append_batch_events',
    help: 'Events in one commit of a service’s log; their sum is all events appended',
    labelNames: ['service'],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers: [this.registry],
  });
  readonly #refusals = new Counter({
    name: 'ihala_refusals_total',
    help: 'Requests refused, by service and code',
    labelNames: ['service', 'code'],
    registers: [this.registry],
  });

  readonly #limited = new Counter({
    name: 'ihala_rate_limited_total',
    help: 'Requests over a limit: of the caller, of its open streams, or of an address that failed to say who it is',
    labelNames: ['limit'],
    registers: [this.registry],
  });
  readonly openStreams = new Gauge({
    name: 'ihala_open_streams',
    help: 'Answers that are being written bit by bit, by service',
    labelNames: ['service'],
    registers: [this.registry],
  });

  for(service: string): Metrics {
    return {
      answered: (answer) => this.#answered(service, answer),
      refused: (code) => this.#refusals.inc({ service, code }),
      committed: (events) => this.#batches.observe({ service }, events),
      streams: (change) => this.openStreams.inc({ service }, change),
    };
  }

  limited(limit: Limit): void {
    this.#limited.inc({ limit });
  }

  /** What is to be known of the process itself, and which build it is. */
  describeProcess(build: Readonly<Record<string, string>>): void {
    collectDefaultMetrics({ register: this.registry });
    new Gauge({
      name: 'ihala_build_info',
      help: '1, with the versions this process runs',
      labelNames: Object.keys(build),
      registers: [this.registry],
    }).set(build, 1);
  }

  #answered(service: string, { method, route, status, ms, replayed }: AnsweredRequest): void {
    this.#requests.observe({ service, method, route, status }, ms / 1000);
    if (readingMethods.has(method) || !route.startsWith('/v1/')) return;
    const outcome = status >= 500 ? 'failed' : status >= 400 ? 'refused' : replayed ? 'replayed' : 'done';
    this.#commands.observe({ service, command: route, outcome }, ms / 1000);
  }
}
