import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What the way to a server is like. */
export type Weather =
  | { readonly kind: 'fair' }
  /** everything comes so much later */
  | { readonly kind: 'latency'; readonly ms: number }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** each connection ends in the middle of what it says, after so many bytes more */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  | { readonly kind: 'reset' }
  /** connections stay, and nothing of what is sent arrives: on these it never will again */
  | { readonly kind: 'half-open' };

export type Direction = 'request' | 'answer';
/** Sees what is about to be passed on; what it does is waited for. True: it is not passed on. */
export type Watch = (bytes: Buffer, direction: Direction, connection: object) => Promise<boolean> | boolean;

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  deaf: boolean;
  /** until it is cut */
  left: number;
  /** by direction: the end of what has passed, so that a word that comes in two pieces is found as well */
  readonly ends: Record<Direction, Buffer>;
}

const fair: Weather = { kind: 'fair' };

/** Stands before a server, makes the way there as bad as it is told, and listens for words that must not be said on it. */
export class FaultyProxy {
  readonly #connections = new Set<Connection>();
  readonly #listener = createServer((client) => this.#join(client));
  readonly #words = new Set<string>();
  readonly #heard = new Set<string>();
  #weather: Weather = fair;
  #target: number | undefined;
  watch: Watch | undefined;

  private constructor(readonly name: string) {}

  /** Its port is there before its server's is known. */
  static async listen(name: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(name);
    await once(proxy.#listener.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** @param port of the server, on this machine */
  leadTo(port: number): void {
    this.#target = port;
  }

  /** From now on, for connections that are there and for new ones. */
  set weather(weather: Weather) {
    this.#weather = weather;
    for (const connection of this.#connections) this.#meet(connection);
  }

  listenFor(word: string): void {
    this.#words.add(word);
  }

  /** The words that were said. */
  get heard(): readonly string[] {
    return [...this.#heard];
  }

  async close(): Promise<void> {
    const closed = once(this.#listener.close(), 'close');
    for (const connection of this.#connections) end(connection);
    await closed;
  }

  #join(client: Socket): void {
    client.on('error', () => {});
    if (this.#weather.kind === 'reset' || this.#target === undefined) return void client.resetAndDestroy();
    const server = connect({ port: this.#target, host: '127.0.0.1', noDelay: true });
    const ends = { request: Buffer.alloc(0), answer: Buffer.alloc(0) };
    const connection: Connection = { client: client.setNoDelay(), server, deaf: false, left: Infinity, ends };
    server.on('error', () => {});
    this.#connections.add(connection);
    this.#meet(connection);
    const ended = [this.#carry(connection, 'request'), this.#carry(connection, 'answer')];
    void Promise.allSettled(ended).then(() => {
      end(connection);
      this.#connections.delete(connection);
    });
  }

  #meet(connection: Connection): void {
    const weather = this.#weather;
    connection.left = weather.kind === 'cut' ? weather.afterBytes : Infinity;
    if (weather.kind === 'half-open') connection.deaf = true;
    if (weather.kind === 'reset') {
      connection.client.resetAndDestroy();
      connection.server.resetAndDestroy();
    }
  }

  async #carry(connection: Connection, direction: Direction): Promise<void> {
    const { client, server } = connection;
    const [from, to] = direction === 'request' ? [client, server] : [server, client];
    try {
      for await (const chunk of from) await this.#pass(connection, direction, chunk as Buffer, to);
    } catch {
      // it ended otherwise than it should
    }
    // who does not hear does not hear the end either
    if (!connection.deaf) end(connection);
  }

  async #pass(connection: Connection, direction: Direction, chunk: Buffer, to: Socket): Promise<void> {
    this.#hear(connection, direction, chunk);
    if (await this.watch?.(chunk, direction, connection)) return;
    const weather = this.#weather;
    if (weather.kind === 'latency') await pause(weather.ms);
    if (weather.kind === 'slow') await pause((1000 * chunk.length) / weather.bytesPerSecond);
    if (connection.deaf) return;
    const passed = chunk.subarray(0, connection.left);
    connection.left -= passed.length;
    if (!to.write(passed) && !to.destroyed) await Promise.race([once(to, 'drain'), once(to, 'close')]);
    if (connection.left === 0) end(connection);
  }

  #hear({ ends }: Connection, direction: Direction, chunk: Buffer): void {
    const said = Buffer.concat([ends[direction], chunk]);
    for (const word of this.#words) if (said.includes(word)) this.#heard.add(word);
    ends[direction] = said.subarray(-Math.max(...[...this.#words].map((word) => word.length), 1));
  }
}

/** What was written before still goes out. */
function end({ client, server }: Connection): void {
  client.destroySoon();
  server.destroySoon();
}
