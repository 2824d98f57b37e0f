import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Running } from './services.js';

const graceMs = 3000;

/** One listener before all services: hands each request to the application whose path it names. */
export class Front {
  readonly #server: Server;
  readonly #open = new Set<ServerResponse>();

  constructor(
    private readonly running: readonly Running[],
    own: NestFastifyApplication,
  ) {
    const routes = new Map<string, RequestListener>(
      running.flatMap(({ app, paths }) => paths.map((path) => [path, routing(app)] as const)),
    );
    const rest = routing(own);
    this.#server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
      this.#follow(response);
      (routes.get(/^\/v1\/([a-z-]+)/.exec(request.url ?? '')?.[1] ?? '') ?? rest)(request, response);
    });
    this.#server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    });
  }

  /** @returns the port it got @throws Error when it is taken */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** No new requests; live streams end at once; other open requests are finished, or cut when the grace is over. */
  async drain(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const { service } of this.running) service.streams.stop();
    this.#server.closeIdleConnections();
    for (const response of this.#open) if (!response.headersSent) response.setHeader('connection', 'close');
    const cut = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(cut);
  }

  #follow(response: ServerResponse): void {
    this.#open.add(response);
    response.once('close', () => this.#open.delete(response));
  }
}

function routing(app: NestFastifyApplication): RequestListener {
  const { routing: handle } = app.getHttpAdapter().getInstance() as unknown as {
    routing: (request: IncomingMessage, response: ServerResponse) => void;
  };
  return handle;
}
