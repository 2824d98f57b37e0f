import { connect, type Socket } from 'node:net';

/** What came back: enough to go on from. */
export interface Reply {
  readonly status: number;
  readonly body: string;
}

const HEAD_END = Buffer.from('\r\n\r\n');
/** Servers hang up on who has been silent for a while (Node after 5 s); nothing is sent into that moment. */
const LONGEST_SILENCE_MS = 2000;

/** One HTTP/1.1 connection, one request at a time, with as little of its own work as can be: it runs beside what is measured. */
export class Connection {
  #socket: Socket | undefined;
  #lastUsed = 0;
  #received: Buffer = Buffer.alloc(0);
  #answer: { resolve(reply: Reply): void; reject(error: Error): void } | undefined;

  constructor(
    private readonly url: URL,
    private readonly token: string,
  ) {}

  send(method: 'GET' | 'POST', path: string, body?: object): Promise<Reply> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const type =
      body === undefined ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
    this.#connected().write(
      `${method} ${path} HTTP/1.1\r\nhost: ${this.url.host}\r\nauthorization: Bearer ${this.token}\r\n${type}\r\n${text}`,
    );
    return new Promise((resolve, reject) => (this.#answer = { resolve, reject }));
  }

  /** The same, and what it says. @throws Error on any status from 300 on */
  async ask<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
    const reply = await this.send(method, path, body);
    if (reply.status >= 300) throw new Error(`${method} ${path} answered ${reply.status} ${reply.body}`);
    return JSON.parse(reply.body) as T;
  }

  close(): void {
    this.#answer = undefined;
    this.#socket?.destroy();
  }

  #connected(): Socket {
    const now = performance.now();
    const silent = now - this.#lastUsed > LONGEST_SILENCE_MS;
    this.#lastUsed = now;
    if (this.#socket !== undefined && !silent) return this.#socket;
    this.#socket?.destroy();
    this.#received = Buffer.alloc(0);
    const socket = connect({ host: this.url.hostname, port: Number(this.url.port), noDelay: true });
    const fail = (error: Error) => socket === this.#socket && this.#answer?.reject(error);
    socket.on('data', (chunk) => this.#receive(chunk as Buffer));
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the connection was closed')));
    return (this.#socket = socket);
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf(HEAD_END);
    if (end === -1) return;
    const head = this.#received.toString('latin1', 0, end);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
    const start = end + HEAD_END.length;
    if (Number.isNaN(length)) this.#answer?.reject(new Error('an answer without a length'));
    if (this.#received.length < start + length) return;
    const reply = { status: Number(head.slice(9, 12)), body: this.#received.toString('utf8', start, start + length) };
    this.#received = this.#received.subarray(start + length);
    const answer = this.#answer;
    this.#answer = undefined;
    answer?.resolve(reply);
  }
}

/** Takes one piece of work after another from a list, on all connections at once. */
export async function onAll<T>(
  connections: readonly Connection[],
  work: readonly T[],
  piece: (connection: Connection, item: T) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  await Promise.all(
    connections.map(async (connection) => {
      while (next < work.length) await piece(connection, work[next++]!);
    }),
  );
  return work.length;
}
