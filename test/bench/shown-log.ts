import { once } from 'node:events';
import type { PublishedEvent, ReactionStore, SourceLog } from '@ihala/event-log';
import type { SqliteService } from '@ihala/event-log-sqlite';

/** A log of which a relay sees more and more. */
export class Shown implements SourceLog {
  readonly source = 'health';
  readonly checkpoints: ReactionStore;
  readonly #told = new EventTarget();
  readonly #wakes = new Set<() => void>();
  #end = 0;

  constructor(
    private readonly service: SqliteService,
    private readonly most: number,
  ) {
    const { reactions } = service;
    this.checkpoints = new Proxy(reactions, {
      get: (target, name) => {
        const value = target[name as keyof ReactionStore] as unknown;
        if (name !== 'moveCheckpoint') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        return async (...move: Parameters<ReactionStore['moveCheckpoint']>) => {
          await target.moveCheckpoint(...move);
          if (move[2] >= this.#end) this.#told.dispatchEvent(new Event('sent'));
        };
      },
    });
  }

  readOwn({ from, limit = 500 }: { from: number; limit?: number }): AsyncIterable<PublishedEvent> {
    return this.service.log.readOwn({ from, limit: Math.min(limit, Math.max(0, this.#end - from)) });
  }
  async head() {
    return { sequence: this.#end - 1, at: new Date().toISOString() };
  }
  onCommit(wake: () => void): () => void {
    this.#wakes.add(wake);
    return () => this.#wakes.delete(wake);
  }

  async rewind(): Promise<void> {
    const { reactions } = this.service;
    const sent = await reactions.checkpoint('relay');
    if (sent > 0) await reactions.moveCheckpoint('relay', sent, 0);
    this.#end = 0;
  }

  /** @returns how many more there were; they have been sent and marked */
  async show(more: number): Promise<number> {
    const before = this.#end;
    this.#end = Math.min(this.most, before + more);
    if (this.#end === before) return 0;
    const sent = once(this.#told, 'sent');
    for (const wake of this.#wakes) wake();
    await sent;
    return this.#end - before;
  }
}
