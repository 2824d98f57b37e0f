import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What becomes of the next commits: each sent and the answer lost, or lost itself, or lost with the way to the server. */
export type Cut = 'answer' | 'commit' | 'way';

/** Stands between a client and a server, and cuts the connection around commits. */
export class CuttingProxy {
  readonly cuts: Cut[] = [];
  /** how many were cut */
  done = 0;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  readonly #server = createServer((client) => this.#join(client));

  constructor(private readonly to: { readonly host: string; readonly port: number }) {}

  /** Again at the same address, when it was stopped. @returns a way to the server that knows of no other member */
  async start(): Promise<string> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    return `mongodb://127.0.0.1:${this.#port}/?directConnection=true`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    const server = connect(this.to);
    let deaf = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (bytes) => {
      const cut = bytes.includes('commitTransaction') ? this.cuts.shift() : undefined;
      if (cut !== undefined) this.done += 1;
      if (cut === 'way') void this.stop();
      else if (cut === 'commit') client.destroy();
      else server.write(bytes);
      if (cut === 'answer') deaf = true;
    });
    server.on('data', (bytes) => {
      if (deaf) client.destroy();
      else client.write(bytes);
    });
  }
}
