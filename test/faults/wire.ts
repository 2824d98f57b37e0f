import { Agent, request } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly etag: string | undefined;
  readonly replayed: boolean;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The connection ended before there was an answer: nobody knows what became of the request. */
export class Unanswered extends Error {}

export interface Letter {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: object;
  /** cuts the connection this long after the request is written, unless it is answered before */
  readonly cutAfterMs?: number;
}

/** Connections to one life of the server. */
export class Wire {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 128 });
  readonly #url: URL;

  constructor(url: string) {
    this.#url = new URL(url);
  }

  /** @throws Unanswered */
  send({ method, path, headers, body, cutAfterMs }: Letter): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const lost = () => reject(new Unanswered(`${method} ${path}`));
      const { hostname: host, port } = this.#url;
      const outgoing = request({ agent: this.#agent, host, port, method, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', lost).on('aborted', lost);
        response.on('end', () => resolve(reply(response.statusCode!, response.headers, Buffer.concat(chunks))));
      });
      outgoing.on('error', lost).on('close', lost);
      outgoing.end(body && JSON.stringify(body), () => {
        if (cutAfterMs !== undefined) setTimeout(() => outgoing.destroy(), cutAfterMs);
      });
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function reply(status: number, headers: NodeJS.Dict<string | string[]>, bytes: Buffer): Reply {
  const text = bytes.toString();
  return {
    status,
    etag: headers['etag'] as string | undefined,
    replayed: headers['idempotency-replayed'] === 'true',
    text,
    body: text.startsWith('{') ? (JSON.parse(text) as Reply['body']) : {},
  };
}
