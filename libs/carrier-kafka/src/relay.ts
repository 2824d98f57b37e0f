import type { Message, Producer } from 'kafkajs';
import {
  CheckpointMoved,
  Loop,
  type OnPassage,
  type PublishedEvent,
  type ReactionStore,
  type SourceLog,
} from '@ihala/event-log';
import { onePartition, soon, type Line } from './connection.js';
import { eventMessage, headMessage } from './messages.js';
import { ResendRequests } from './resend-requests.js';

export interface RelayOptions {
  /** called with every failure; the work is tried again by itself */
  readonly onError: (error: unknown) => void;
  /** most events in one send; default 500 */
  readonly batchSize?: number;
  /** how often to say how far the log goes, in ms; default 1000 */
  readonly headMs?: number;
  readonly onPassage?: OnPassage;
}

/** under which the relay keeps, among the checkpoints of reactions, how many own events it has sent */
const CHECKPOINT = 'relay';
/** A send has to fit into one request of the broker's; events that are larger alone go alone. */
const MOST_BYTES = 768 * 1024;
/** Heads go out far more often than this: a relay that has sent nothing for so long stands still. */
const SILENCE_MS = 12_000;

/** Consecutive events of the log, as messages. */
interface Batch {
  readonly events: readonly PublishedEvent[];
  readonly messages: readonly Message[];
  /** the sequence behind them */
  readonly next: number;
  /** there may be more at once */
  readonly full: boolean;
}

/**
 * Sends a service's own events to its topic, in order, each at least once: the checkpoint moves only after the broker has confirmed.
 * Says every second how far the log goes, and sends again what receivers ask for. Run it under the service's lease; a second one at
 * the same time sends twice what receivers drop, and does no harm.
 */
export class KafkaRelay {
  readonly #loop: Loop;
  readonly #requests: ResendRequests;
  readonly #batchSize: number;
  readonly #headMs: number;
  readonly #topic: string;
  #producer: Producer | undefined;
  /** the sequence to send next; undefined: to be looked up */
  #next: number | undefined;
  #ahead: { readonly from: number; readonly batch: Promise<Batch> } | undefined;
  #headDue = 0;
  #confirmedAt = 0;

  constructor(
    private readonly log: SourceLog,
    private readonly checkpoints: ReactionStore,
    private readonly line: Line,
    private readonly options: RelayOptions,
  ) {
    this.#topic = line.names.log(log.source);
    this.#batchSize = options.batchSize ?? 500;
    this.#headMs = options.headMs ?? 1000;
    this.#loop = new Loop(
      log,
      () => this.#step(),
      (error) => {
        // the producer's own count may be off now, and the broker would refuse all that follows
        this.#forget();
        options.onError(error);
      },
    );
    this.#requests = new ResendRequests(line, log.source, () => this.#loop.wake(), options.onError);
  }

  start(): void {
    this.#next = this.#ahead = undefined;
    this.#headDue = 0;
    this.#confirmedAt = performance.now();
    this.#requests.start();
    this.#loop.start();
  }

  /** Resolves once the send under way has been confirmed or has failed, or the broker says nothing for 5 s. */
  async stop(): Promise<void> {
    await Promise.all([this.#requests.stop(), soon(this.#loop.stop())]);
    if (this.#producer) await soon(this.#producer.disconnect());
    this.#producer = undefined;
    this.#confirmedAt = 0;
  }

  /** The broker has lately confirmed something, be it only how far the log goes. False: it stands still, or was not started. */
  get sending(): boolean {
    return this.#confirmedAt > 0 && performance.now() - this.#confirmedAt < SILENCE_MS;
  }

  /** How many own events have not been sent yet. */
  async behind(): Promise<number> {
    const [head, sent] = await Promise.all([this.log.head(), this.checkpoints.checkpoint(CHECKPOINT)]);
    return Math.max(0, head.sequence + 1 - sent);
  }

  async #step(): Promise<number> {
    const from = (this.#next ??= await this.checkpoints.checkpoint(CHECKPOINT));
    const fresh = await this.#fresh(from);
    await this.#send(from, fresh);
    const again = await this.#sendAgain();
    return fresh.next > from || again ? 0 : Math.max(1, this.#headDue - performance.now());
  }

  /** What is new, and the head when it is due; then the checkpoint. */
  async #send(from: number, { events, messages, next, full }: Batch): Promise<void> {
    if (full) this.#readAhead(next);
    const head = await this.#dueHead(next - 1);
    const since = performance.now();
    await this.#deliver([...messages, ...head]);
    this.#tell(events, since);
    await this.#mark(from, next);
  }

  async #dueHead(sent: number): Promise<Message[]> {
    if (performance.now() < this.#headDue) return [];
    const head = await this.log.head();
    this.#headDue = performance.now() + this.#headMs;
    return [headMessage(this.log.source, { ...head, sent })];
  }

  async #mark(from: number, next: number): Promise<void> {
    if (next === from) return;
    try {
      await this.checkpoints.moveCheckpoint(CHECKPOINT, from, next);
      this.#next = next;
    } catch (error) {
      if (!(error instanceof CheckpointMoved)) throw error;
      // another relay is at work; what both sent is dropped by receivers
      this.#next = undefined;
    }
  }

  /** One batch of what somebody lacks, between the batches of what is new. @returns whether there is more */
  async #sendAgain(): Promise<boolean> {
    const from = this.#requests.next;
    if (from === undefined) return false;
    const { events, messages, next, full } = await this.#read(from);
    const since = performance.now();
    await this.#deliver(messages);
    this.#tell(events, since);
    this.#requests.answered(from, full ? next : undefined);
    return this.#requests.next !== undefined;
  }

  /** What was read ahead, unless the log ended there then. */
  async #fresh(from: number): Promise<Batch> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const batch = ahead?.from === from ? await ahead.batch : undefined;
    return batch?.full ? batch : this.#read(from);
  }

  /** The next batch, while the broker is at work on this one. */
  #readAhead(from: number): void {
    const batch = this.#read(from);
    batch.catch(() => {});
    this.#ahead = { from, batch };
  }

  async #read(from: number): Promise<Batch> {
    const { source } = this.log;
    const events = await Array.fromAsync(this.log.readOwn({ from, limit: this.#batchSize }));
    const messages = events.map((event) => eventMessage(source, event));
    const next = (events.at(-1)?.sequence ?? from - 1) + 1;
    return { events, messages, next, full: events.length === this.#batchSize };
  }

  #tell(events: readonly PublishedEvent[], since: number): void {
    if (events.length === 0) return;
    this.options.onPassage?.({ step: 'send', events, carrier: 'kafka', by: this.#topic, since });
  }

  /** One request after another, each confirmed by all copies in sync. */
  async #deliver(messages: readonly Message[]): Promise<void> {
    for (const part of inParts(messages)) {
      this.#producer ??= await this.#connect();
      await this.#producer.send({ topic: this.#topic, acks: -1, messages: part });
      this.#confirmedAt = performance.now();
    }
  }

  async #connect(): Promise<Producer> {
    const producer = this.line.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: onePartition,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5 },
    });
    await producer.connect();
    return producer;
  }

  #forget(): void {
    void this.#producer?.disconnect().catch(() => {});
    this.#producer = undefined;
    this.#next = this.#ahead = undefined;
  }
}

function* inParts(messages: readonly Message[]): Generator<Message[]> {
  let part: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = message.value!.length;
    if (part.length > 0 && bytes + size > MOST_BYTES) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(message);
    bytes += size;
  }
  if (part.length > 0) yield part;
}
