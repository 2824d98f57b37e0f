import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { KEEPER, startKeeper } from './keeper-process.js';
import type { Answer, Request } from './protocol.js';

/** No such server can be had on this machine; the message says why. */
export class NoServer extends Error {}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The way to the keeper of this test run, or else of this process. While nothing is asked it keeps nothing alive. */
class KeeperClient {
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  private constructor(private readonly socket: Socket) {
    createInterface(socket).on('line', (line) => this.#hear(JSON.parse(line) as Answer));
    socket.on('close', () => this.#lose());
    socket.unref();
  }

  static async connect(): Promise<KeeperClient> {
    return new KeeperClient(await reach(process.env[KEEPER] ?? keeperOfThisProcess()));
  }

  ask(request: Request): Promise<unknown> {
    const n = this.#asked++;
    this.socket.ref();
    this.socket.write(`${JSON.stringify({ n, ...request })}\n`);
    return new Promise((resolve, reject) => this.#waiting.set(n, { resolve, reject }));
  }

  #hear({ n, value, error, absent }: Answer): void {
    const waiting = this.#waiting.get(n);
    this.#waiting.delete(n);
    if (this.#waiting.size === 0) this.socket.unref();
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(absent ? new NoServer(error) : new Error(error));
  }

  #lose(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('the keeper of the servers has gone'));
    this.#waiting.clear();
  }
}

function keeperOfThisProcess(): string {
  const { child, socket } = startKeeper();
  child.unref();
  (child.stdin as Duplex & Partial<Pick<Socket, 'unref'>>).unref?.();
  return socket;
}

/** It listens soon after it was started. */
async function reach(path: string): Promise<Socket> {
  for (const end = performance.now() + 20_000; ;) {
    const socket = createConnection(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (performance.now() > end) throw new Error('the keeper of the servers does not answer', { cause: error });
      await sleep(20);
    }
  }
}

let client: Promise<KeeperClient> | undefined;

export async function ask<Value>(request: Request): Promise<Value> {
  client ??= KeeperClient.connect();
  return (await (await client).ask(request)) as Value;
}
