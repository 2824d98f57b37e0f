import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import {
  Loop,
  Observer,
  SourceForked,
  SourceGap,
  Waiting,
  type FollowedLog,
  type OnPassage,
  type PublishedEvent,
  type SourceProgress,
} from '@ihala/event-log';
import { Unreadable } from './cloud-event.js';
import type { Line } from './connection.js';
import { InOrder } from './in-order.js';
import { Listener } from './listener.js';
import { readCarried, resendMessage, type Carried, type SaidHead } from './messages.js';
import { UnreadableMessages } from './unreadable.js';

export interface KafkaObserverOptions {
  /** called with every failure; the work is tried again by itself. `name`: of the source */
  readonly onError: (error: unknown, name: string) => void;
  /** most events in one commit of our log; default 500 */
  readonly batchSize?: number;
  /** how far the clocks of two machines may be apart, in ms; default 50 */
  readonly skewMs?: number;
  /** how long to wait for what was asked for before asking again, in ms; default 5000 */
  readonly askAgainMs?: number;
  readonly onPassage?: OnPassage;
}

/** our log is the truth; committed offsets only save reading again what it has */
const COMMIT_MS = 1000;
const HEARTBEAT_MS = 2000;
/** how soon to look again whether the copy is complete, while someone waits: another process may be the one that copies */
const LOOK_MS = 20;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Copies what a source's relay sends into our own log. Run one in every process of the service: the broker gives the topic to one of
 * them at a time, and all of them can tell how complete the copy is, which our log knows.
 */
export class KafkaObserver extends Observer {
  readonly #listener: Listener;
  readonly #unreadable: UnreadableMessages;
  readonly #waiting = new Waiting();
  readonly #looking: Loop;
  readonly #batchSize: number;
  readonly #skewMs: number;
  readonly #askAgainMs: number;
  /** undefined: what our log expects is to be looked up */
  #inOrder: InOrder | undefined;
  #heard = -1;
  #asked: { readonly from: number; readonly at: number } | undefined;
  #committed = 0;
  #failures = 0;
  #resuming: NodeJS.Timeout | undefined;
  #parked = false;
  #stopped = false;

  constructor(
    private readonly service: Pick<FollowedLog, 'log' | 'reactions'>,
    readonly source: string,
    private readonly line: Line,
    private readonly options: KafkaObserverOptions,
  ) {
    super();
    const { log, reactions } = service;
    this.#batchSize = options.batchSize ?? 500;
    this.#skewMs = options.skewMs ?? 50;
    this.#askAgainMs = options.askAgainMs ?? 5000;
    this.#unreadable = new UnreadableMessages(log.service, source, reactions, line);
    this.#looking = new Loop(log, () => this.#look(), this.#report);
    this.#listener = new Listener(line.kafka, {
      topic: line.names.log(source),
      groupId: line.names.copying(log.service, source),
      onBatch: (payload) => this.#hear(payload),
      onJoin: () => (this.#inOrder = undefined),
      onError: this.#report,
    });
  }

  /** Its consumer is at work, or ready to take over from another process's. */
  get listening(): boolean {
    return this.#listener.listening;
  }

  /** The source has contradicted itself: nothing more is taken of it. */
  get parked(): boolean {
    return this.#parked;
  }

  start(): void {
    this.#stopped = false;
    this.#looking.start();
    this.#listener.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#resuming);
    await Promise.all([this.#listener.stop(), this.#looking.stop()]);
    this.#waiting.giveUp();
  }

  /** Nobody is asked: the source's relay says by itself, every second, how far its log goes. */
  async upTo(instant: string, timeoutMs: number): Promise<boolean> {
    if (this.#parked || this.#stopped) return false;
    const answer = this.#waiting.upTo(new Date(Date.parse(instant) + this.#skewMs).toISOString(), timeoutMs);
    this.#looking.wake();
    return answer;
  }

  async completeUpTo(): Promise<string | undefined> {
    return (await this.#progress())?.completeUpTo;
  }

  /** Known in the process that copies; the others know of nothing. */
  async behind(): Promise<number> {
    return Math.max(0, this.#heard - ((await this.#progress())?.sequence ?? -1));
  }

  async #look(): Promise<number> {
    if (this.#waiting.size === 0) return Infinity;
    const { completeUpTo = '' } = (await this.#progress()) ?? {};
    // what was recorded at this very instant may not be here yet
    for (const waiter of this.#waiting.now()) if (waiter.instant < completeUpTo) waiter.answer(true);
    return LOOK_MS;
  }

  /** Copies a batch bit by bit. Where our log fails the topic is paused there for a while, and nothing behind it is taken. */
  async #hear(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, isRunning, isStale, pause, resolveOffset } = payload;
    for (let start = 0; start < batch.messages.length; start += this.#batchSize) {
      if (!isRunning() || isStale() || this.#parked) return;
      const messages = batch.messages.slice(start, start + this.#batchSize);
      const beating = setInterval(() => void heartbeat().catch(() => {}), HEARTBEAT_MS);
      try {
        await this.#copy(messages);
        this.#failures = 0;
      } catch (error) {
        this.#failed(error, pause);
        return;
      } finally {
        clearInterval(beating);
      }
      resolveOffset(messages.at(-1)!.offset);
      await heartbeat();
      await this.#commit(payload, messages.at(-1)!.offset);
    }
  }

  async #copy(messages: readonly KafkaMessage[]): Promise<void> {
    const { log } = this.service;
    const { events, head } = await this.#read(messages);
    const inOrder = (this.#inOrder ??= new InOrder(((await this.#progress())?.sequence ?? -1) + 1));
    const copyable = inOrder.take(events, head?.sent);
    const since = performance.now();
    if (copyable.events.length > 0 || head !== undefined) {
      await log.observe(this.source, copyable.events, head && { sequence: head.sequence, at: head.at });
    }
    this.#tell(
      copyable.events.filter(({ sequence }) => sequence >= inOrder.next),
      since,
    );
    inOrder.accept(copyable);
    this.#heard = Math.max(this.#heard, copyable.highest, head?.sequence ?? -1);
    this.#looking.wake();
    await this.#askForMissing(inOrder);
  }

  #tell(events: readonly PublishedEvent[], since: number): void {
    if (events.length === 0) return;
    const { names } = this.line;
    const [by, group] = [names.log(this.source), names.copying(this.service.log.service, this.source)];
    this.options.onPassage?.({ step: 'observe', events, carrier: 'kafka', by, group, since });
  }

  /** What can't be read is kept before anything behind it is taken. */
  async #read(messages: readonly KafkaMessage[]): Promise<{ events: PublishedEvent[]; head?: SaidHead }> {
    const events: PublishedEvent[] = [];
    let head: SaidHead | undefined;
    for (const message of messages) {
      const carried = this.#carried(message);
      if (carried instanceof Unreadable) {
        await this.#unreadable.keep({ message, offset: message.offset, code: carried.code });
        this.#report(carried);
      } else if ('event' in carried) events.push(carried.event);
      else head = carried.head;
    }
    return { events, head };
  }

  #carried(message: KafkaMessage): Carried | Unreadable {
    try {
      return readCarried(this.service.log.service, this.source, message);
    } catch (error) {
      if (error instanceof Unreadable) return error;
      throw error;
    }
  }

  /** Asked once; again only if nothing of it has come for a while. */
  async #askForMissing({ incomplete, next }: InOrder): Promise<void> {
    const now = performance.now();
    const asked = this.#asked;
    if (!incomplete) this.#asked = undefined;
    else if (asked !== undefined && asked.from !== next) this.#asked = { from: next, at: now };
    else if (asked === undefined || now - asked.at >= this.#askAgainMs) {
      const request = resendMessage(this.service.log.service, { source: this.source, from: next });
      await this.line.send(this.line.names.resend, request);
      this.#asked = { from: next, at: now };
    }
  }

  /** Only what is in our log, with all that came before it. */
  async #commit({ batch, commitOffsetsIfNecessary }: EachBatchPayload, copied: string): Promise<void> {
    const now = performance.now();
    if (this.#inOrder?.incomplete !== false || now - this.#committed < COMMIT_MS) return;
    this.#committed = now;
    const offset = String(BigInt(copied) + 1n);
    await commitOffsetsIfNecessary({
      topics: [{ topic: batch.topic, partitions: [{ partition: batch.partition, offset }] }],
    });
  }

  #failed(error: unknown, pause: () => () => void): void {
    if (error instanceof SourceForked) return this.#park(error);
    if (error instanceof SourceGap && this.#inOrder) this.#inOrder.next = error.expected;
    this.#report(error);
    const resume = pause();
    this.#resuming = setTimeout(resume, Math.min(FIRST_PAUSE_MS * 2 ** this.#failures++, LONGEST_PAUSE_MS));
  }

  /** Nothing more is taken of this source; an operator must decide. */
  #park(error: SourceForked): void {
    this.#parked = true;
    this.#waiting.giveUp();
    this.#report(error);
    void this.#listener.stop();
  }

  readonly #report = (error: unknown): void => this.options.onError(error, this.source);

  async #progress(): Promise<SourceProgress | undefined> {
    return (await this.service.log.sources()).find(({ source }) => source === this.source);
  }
}
