import type { Observer } from '@ihala/event-log';
import { Problem } from './http/problem.js';

/** The copies of other services' logs that this service decides on. */
export class SourceCopies {
  constructor(
    private readonly observers: ReadonlyMap<string, Observer>,
    private readonly patienceMs = 2000,
  ) {}

  /** Returns once everything `source` recorded up to `instant` is in our log. @throws Problem 503 when it takes too long */
  async requireUpTo(source: string, instant: string): Promise<void> {
    const observer = this.observers.get(source);
    if (!observer) throw new Error(`${source} is not observed here`);
    if (!(await observer.upTo(instant, this.patienceMs))) {
      throw new Problem(503, 'service.catching-up', { retryAfterSeconds: 1 });
    }
  }

  async requireAllUpTo(instant: string): Promise<void> {
    await Promise.all([...this.observers.keys()].map((source) => this.requireUpTo(source, instant)));
  }

  get sources(): readonly string[] {
    return [...this.observers.keys()];
  }
}
