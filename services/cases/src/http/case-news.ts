import { EventLog } from '@ihala/event-log';
import { Injectable } from '@nestjs/common';

/** Wakes those who wait for news of a case. The log is read once for all of them, and not at all when nobody waits. */
@Injectable()
export class CaseNews {
  readonly #waiting = new Map<string, Set<() => void>>();
  #unsubscribe: (() => void) | undefined;
  /** of the last event that was called out; undefined: not looked up yet */
  #position: number | undefined;
  #reading = false;
  #more = false;

  constructor(private readonly log: EventLog) {}

  /** Calls back when there may be news of the case. Returns how to stop. */
  onNews(caseId: string, wake: () => void): () => void {
    this.#unsubscribe ??= this.log.onCommit(() => void this.#read());
    const waiting = this.#waiting.get(caseId) ?? new Set();
    this.#waiting.set(caseId, waiting.add(wake));
    return () => {
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(caseId) === waiting) this.#waiting.delete(caseId);
      if (this.#waiting.size === 0) this.#rest();
    };
  }

  #rest(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#position = undefined;
  }

  async #read(): Promise<void> {
    this.#more = true;
    if (this.#reading) return;
    this.#reading = true;
    while (this.#more && this.#unsubscribe) {
      this.#more = false;
      await this.#callOut().catch(() => this.#wakeAll());
    }
    this.#reading = false;
  }

  async #callOut(): Promise<void> {
    if (this.#position === undefined) {
      this.#position = await this.log.lastPosition();
      return this.#wakeAll();
    }
    for await (const { position, caseId } of this.log.readLog({ after: this.#position })) {
      this.#position = position;
      if (caseId !== undefined) for (const wake of this.#waiting.get(caseId) ?? []) wake();
    }
  }

  /** Whoever is woken looks for itself: one call too many costs a look, one too few would cost the news. */
  #wakeAll(): void {
    for (const waiting of this.#waiting.values()) for (const wake of waiting) wake();
  }
}
