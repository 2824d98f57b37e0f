import type { EachBatchPayload } from 'kafkajs';
import type { Line } from './connection.js';
import { Listener } from './listener.js';
import { readResendRequest } from './messages.js';

/** What receivers lack of one service's log, as they say on the topic that all share. */
export class ResendRequests {
  readonly #listener: Listener;
  #next: number | undefined;

  constructor(
    { kafka, names }: Line,
    private readonly service: string,
    private readonly wake: () => void,
    onError: (error: unknown) => void,
  ) {
    this.#listener = new Listener(kafka, {
      topic: names.resend,
      groupId: names.relaying(service),
      onBatch: (payload) => this.#hear(payload),
      onJoin: () => {},
      onError,
    });
  }

  /** The sequence to send again next; undefined: nobody lacks anything. */
  get next(): number | undefined {
    return this.#next;
  }

  start(): void {
    this.#listener.start();
  }

  async stop(): Promise<void> {
    await this.#listener.stop();
    this.#next = undefined;
  }

  /** @param next those from `from` up to here have been sent; undefined: that was all there is */
  answered(from: number, next: number | undefined): void {
    // asked for something earlier meanwhile
    if (this.#next !== from) return;
    this.#next = next;
  }

  /** Many who ask at the same time are answered together, from the earliest on. What can't be read asks for nothing. */
  async #hear({ batch, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload): Promise<void> {
    for (const message of batch.messages) {
      const from = this.#askedOf(message);
      if (from !== undefined) this.#next = Math.min(from, this.#next ?? from);
    }
    resolveOffset(batch.lastOffset());
    const offset = String(BigInt(batch.lastOffset()) + 1n);
    await commitOffsetsIfNecessary({
      topics: [{ topic: batch.topic, partitions: [{ partition: batch.partition, offset }] }],
    });
    if (this.#next !== undefined) this.wake();
  }

  #askedOf(message: EachBatchPayload['batch']['messages'][number]): number | undefined {
    try {
      const { source, from } = readResendRequest(message);
      return source === this.service ? from : undefined;
    } catch {
      return undefined;
    }
  }
}
