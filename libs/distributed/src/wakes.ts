import { Redis } from 'ioredis';

/** How long Redis may take for an answer; nothing waits longer for it. */
const PATIENCE_MS = 500;
/** A connection on which nothing is heard any more is ended after this, though nobody closed it. */
const SILENCE_MS = 1000;
/** How often it is seen whether the other end is there. */
const LOOK_MS = 2000;

export interface WakesOptions {
  /** what channels begin with */
  readonly prefix: string;
  /** told once when Redis goes away, or was never there */
  readonly onAway?: (error: Error) => void;
  /** told once when it is back */
  readonly onBack?: () => void;
}

/**
 * Tells the other processes of a service that there is more to read, over Redis. It says nothing else, and may be lost: whoever
 * follows a log asks again now and then by itself. While Redis is away nothing is told, and nothing waits.
 */
export class Wakes {
  /** The client, for what else is shared. */
  readonly redis: Redis;
  readonly #subscriber: Redis;
  readonly #wakers = new Map<string, Set<() => void>>();
  /** by channel: a message is under way; true: and something was told meanwhile */
  readonly #telling = new Map<string, boolean>();
  /** what it tells itself is known already */
  readonly #self = crypto.randomUUID();
  readonly #looking: NodeJS.Timeout;
  #hears = false;
  #away = false;

  constructor(
    url: string,
    private readonly options: WakesOptions,
  ) {
    const common = {
      enableOfflineQueue: false,
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
      connectTimeout: PATIENCE_MS,
      disconnectTimeout: PATIENCE_MS,
      socketTimeout: SILENCE_MS,
      retryStrategy: (times: number) => Math.min(100 * 2 ** times, 2000),
    } as const;
    this.redis = new Redis(url, { ...common, commandTimeout: PATIENCE_MS });
    this.#subscriber = new Redis(url, common);
    for (const client of [this.redis, this.#subscriber]) client.on('error', (error: Error) => this.#lost(error));
    this.redis.on('ready', () => this.#found());
    this.#subscriber.on('ready', () => void this.#listen());
    this.#subscriber.on('close', () => (this.#hears = false));
    this.#subscriber.on('message', (channel: string, from: string) => {
      if (from !== this.#self) this.#wake(channel);
    });
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Whether others are heard now, and hear us. */
  get present(): boolean {
    return this.#hears && this.redis.status === 'ready';
  }

  /** Calls back when another process told of this topic, and each time Redis is back. */
  on(topic: string, wake: () => void): void {
    const channel = this.#channel(topic);
    const wakers = this.#wakers.get(channel) ?? new Set();
    this.#wakers.set(channel, wakers.add(wake));
    if (this.#subscriber.status === 'ready') void this.#listen();
  }

  /** What is told while a message is under way goes out with one more behind it: never are many waiting. */
  tell(topic: string): void {
    const channel = this.#channel(topic);
    const underWay = this.#telling.has(channel);
    this.#telling.set(channel, underWay);
    if (!underWay) setImmediate(() => void this.#publish(channel));
  }

  close(): void {
    clearInterval(this.#looking);
    this.redis.disconnect();
    this.#subscriber.disconnect();
  }

  async #publish(channel: string): Promise<void> {
    do {
      this.#telling.set(channel, false);
      await this.redis.publish(channel, this.#self).catch(() => {});
    } while (this.#telling.get(channel));
    this.#telling.delete(channel);
  }

  async #listen(): Promise<void> {
    const channels = [...this.#wakers.keys()];
    if (channels.length === 0) return;
    try {
      await this.#subscriber.subscribe(...channels);
    } catch (error) {
      // the next look tries again, if the connection itself holds
      return this.#lost(error as Error);
    }
    this.#hears = true;
    this.#found();
    // what was told before is not told again
    for (const channel of channels) this.#wake(channel);
  }

  /** A connection may be dead without having ended, and a subscription refused while the connection holds. */
  #look(): void {
    this.redis.ping().catch(() => {});
    if (this.#subscriber.status !== 'ready') return;
    if (this.#hears) this.#subscriber.ping().catch(() => {});
    else void this.#listen();
  }

  #wake(channel: string): void {
    for (const wake of this.#wakers.get(channel) ?? []) wake();
  }

  #lost(error: Error): void {
    if (this.#away) return;
    this.#away = true;
    this.options.onAway?.(error);
  }

  #found(): void {
    if (!this.#away || !this.present) return;
    this.#away = false;
    this.options.onBack?.();
  }

  #channel(topic: string): string {
    return `${this.options.prefix}:wake:${topic}`;
  }
}
