import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Prometheus metrics of one process; services are told apart by a label. */
export class MetricsRegistry {
  readonly registry = new Registry();
  readonly requests = new Histogram({
    name: 'ihala_http_request_duration_seconds',
    help: 'Time to answer a request, by service, method, route and status',
    labelNames: ['service', 'method', 'route', 'status'],
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
    registers: [this.registry],
  });
  readonly refusals = new Counter({
    name: 'ihala_refusals_total',
    help: 'Requests refused, by service and code',
    labelNames: ['service', 'code'],
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
      answered: (method, route, status, milliseconds) =>
        this.requests.observe({ service, method, route, status }, milliseconds / 1000),
      refused: (code) => this.refusals.inc({ service, code }),
      streams: (change) => this.openStreams.inc({ service }, change),
    };
  }
}

export interface Metrics {
  answered(method: string, route: string, status: number, milliseconds: number): void;
  refused(code: string): void;
  /** one more or one less is open */
  streams(change: 1 | -1): void;
}
