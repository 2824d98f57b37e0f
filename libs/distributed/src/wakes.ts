import { Redis } from 'ioredis';

/** How long Redis may take before it counts as away; nothing waits for it. */
const PATIENCE_MS = 1000;

/**
 * Tells the other processes of a service that there is more to read, over Redis. It says nothing else, and may be lost: whoever
 * follows a log asks again now and then by itself. While Redis is away nothing is told, and nothing waits.
 */
export class Wakes {
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #wakers = new Map<string, Set<() => void>>();
  /** by channel: something was told that is not published yet */
  readonly #due = new Set<string>();
  /** what it tells itself is known already */
  readonly #self = crypto.randomUUID();

  /** @param onAway told each time the connection fails */
  constructor(
    url: string,
    private readonly prefix: string,
    onAway: (error: Error) => void,
  ) {
    const options = {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: PATIENCE_MS,
      commandTimeout: PATIENCE_MS,
      retryStrategy: (times: number) => Math.min(100 * 2 ** times, 2000),
    } as const;
    this.#publisher = new Redis(url, options);
    this.#subscriber = new Redis(url, { ...options, autoResubscribe: false, commandTimeout: undefined });
    for (const client of [this.#publisher, this.#subscriber]) client.on('error', onAway);
    this.#subscriber.on('ready', () => this.#subscribe([...this.#wakers.keys()]));
    this.#subscriber.on('message', (channel: string, from: string) => {
      if (from !== this.#self) for (const wake of this.#wakers.get(channel) ?? []) wake();
    });
  }

  /** The client, for what else is shared. */
  get redis(): Redis {
    return this.#publisher;
  }

  /** Calls back when another process told of this topic, and each time Redis is back. */
  on(topic: string, wake: () => void): void {
    const channel = this.#channel(topic);
    const wakers = this.#wakers.get(channel) ?? new Set();
    this.#wakers.set(channel, wakers.add(wake));
    if (this.#subscriber.status === 'ready') this.#subscribe([channel]);
  }

  /** Of what is told in one turn, one message goes out. */
  tell(topic: string): void {
    const channel = this.#channel(topic);
    if (this.#due.has(channel)) return;
    this.#due.add(channel);
    setImmediate(() => {
      this.#due.delete(channel);
      this.#publisher.publish(channel, this.#self).catch(() => {});
    });
  }

  close(): void {
    this.#publisher.disconnect();
    this.#subscriber.disconnect();
  }

  #subscribe(channels: readonly string[]): void {
    if (channels.length === 0) return;
    this.#subscriber.subscribe(...channels).then(
      // what was told before is not told again
      () => channels.forEach((channel) => this.#wakers.get(channel)?.forEach((wake) => wake())),
      () => {},
    );
  }

  #channel(topic: string): string {
    return `${this.prefix}:wake:${topic}`;
  }
}
