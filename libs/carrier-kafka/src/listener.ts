import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { Loop } from '@ihala/event-log';
import { soon } from './connection.js';

export interface ListenerOptions {
  readonly topic: string;
  /** of all processes that share the work: one of them at a time gets the messages */
  readonly groupId: string;
  /** What it does not resolve comes again. @throws only what kafkajs threw */
  readonly onBatch: (payload: EachBatchPayload) => Promise<void>;
  /** the group has given us the topic, now or again; messages come from the last committed one on */
  readonly onJoin: () => void;
  readonly onError: (error: unknown) => void;
}

/** How long the broker waits for one that was killed before another may take over. Heartbeats go on while a batch is copied. */
const SESSION_MS = 10_000;
const HEARTBEAT_MS = 2000;
/** how long a quiet broker lets us wait; stopping takes as long */
const MOST_WAIT_MS = 500;
/** a consumer at work hears from the broker far more often than this, however little there is to read */
const SILENCE_MS = 12_000;
const LOOK_MS = 500;
const AGAIN_MS = 100;
/** The broker wakes, no log. */
const nothing = { onCommit: () => () => {} };

/**
 * Consumes one topic from its beginning, and goes on from what it committed. kafkajs stops for good at some errors while the process
 * lives, or hangs: here a consumer that crashed or fell silent is reported, and another one begins.
 */
export class Listener {
  readonly #loop: Loop;
  #joined = false;
  #heardAt = 0;
  #stopping = false;
  #end = () => {};

  constructor(
    private readonly kafka: Kafka,
    private readonly options: ListenerOptions,
  ) {
    this.#loop = new Loop(nothing, () => this.#session(), options.onError);
  }

  /** It is a member of its group now, at work or ready to take over. */
  get listening(): boolean {
    return this.#joined && performance.now() - this.#heardAt < SILENCE_MS;
  }

  start(): void {
    this.#stopping = false;
    this.#loop.start();
  }

  /** Resolves once the batch under way has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#end();
    await this.#loop.stop();
  }

  async #session(): Promise<number> {
    if (this.#stopping) return Infinity;
    const consumer = this.#make();
    const { ended, watch } = this.#watched(consumer);
    let [worked, over] = [false, false];
    consumer.on(consumer.events.GROUP_JOIN, () => {
      this.#joined = worked = !over;
      this.options.onJoin();
    });
    const running = this.#run(consumer, async (payload) => {
      if (!over) await this.options.onBatch(payload);
    });
    try {
      await Promise.race([running, ended]);
      await ended;
    } catch (error) {
      if (!worked) throw error;
      this.options.onError(error);
    } finally {
      over = true;
      clearInterval(watch);
      this.#joined = false;
      // while it is still beginning it can't be ended
      await soon(running.catch(() => {}).then(() => consumer.disconnect()));
    }
    return this.#stopping ? Infinity : AGAIN_MS;
  }

  /** Ends when we stop, and rejects when the consumer crashes, stops by itself, or hears nothing from the broker any more. */
  #watched(consumer: Consumer): { ended: Promise<void>; watch: NodeJS.Timeout } {
    const { CRASH, STOP, FETCH, HEARTBEAT, GROUP_JOIN } = consumer.events;
    for (const sign of [FETCH, HEARTBEAT, GROUP_JOIN]) consumer.on(sign, () => (this.#heardAt = performance.now()));
    let watch: NodeJS.Timeout | undefined;
    const ended = new Promise<void>((resolve, reject) => {
      this.#end = resolve;
      consumer.on(CRASH, ({ payload }) => reject(payload.error));
      // a crash stops it first, and says why afterwards
      consumer.on(STOP, () => setTimeout(reject, 1000, new Error('the consumer has stopped')).unref());
      watch = setInterval(() => {
        if (this.#joined && !this.listening) reject(new Error('the consumer has fallen silent'));
      }, LOOK_MS).unref();
    });
    ended.catch(() => {});
    return { ended, watch: watch! };
  }

  #make(): Consumer {
    return this.kafka.consumer({
      groupId: this.options.groupId,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: MOST_WAIT_MS,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5, restartOnFailure: async () => false },
    });
  }

  async #run(consumer: Consumer, eachBatch: ListenerOptions['onBatch']): Promise<void> {
    await consumer.connect();
    await consumer.subscribe({ topics: [this.options.topic], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
  }
}
