import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppSurroundings } from '../app.js';
import { newId } from '../http/call.js';
import { securityHeaders } from '../http/edge.js';
import { type Language, languageOf } from '../http/language.js';
import { Problem, problemText } from '../http/problem.js';
import type { Running } from './process.js';

const graceMs = 3000;

/** How long the front waits for others. None of these ends a live stream, which has a heartbeat well within `idle`. */
export interface Patience {
  /** for all headers of a request, from its first byte or the opening of the connection */
  readonly headersMs: number;
  /** for a whole request */
  readonly requestMs: number;
  /** for the next request on a connection: longer than proxies keep theirs */
  readonly keepAliveMs: number;
  /** for any byte in either direction while a request is under way: whoever does not read what it asked for is let go */
  readonly idleMs: number;
}
const patience: Patience = { headersMs: 10_000, requestMs: 30_000, keepAliveMs: 65_000, idleMs: 120_000 };

/** One listener before all services: hands each request to the application whose path it names. */
export class Front {
  readonly #server: Server;
  readonly #open = new Set<ServerResponse>();

  constructor(
    private readonly running: readonly Running[],
    own: NestFastifyApplication,
    private readonly edge: AppSurroundings,
    { headersMs, requestMs, keepAliveMs, idleMs }: Patience = patience,
  ) {
    const routes = new Map<string, RequestListener>(
      running.flatMap(({ app, paths }) => paths.map((path) => [path, routing(app)] as const)),
    );
    const rest = routing(own);
    const options = {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: Math.min(1000, headersMs),
      // Node's own refusal says nothing
      requireHostHeader: false,
    };
    this.#server = createServer(options, (request, response) => {
      this.#follow(response);
      if (request.headers.host === undefined && request.httpVersion === '1.1') {
        return this.#decline(request, response, hostMissing);
      }
      (routes.get(/^\/v1\/([a-z-]+)/.exec(request.url ?? '')?.[1] ?? '') ?? rest)(request, response);
    });
    this.#server.setTimeout(idleMs);
    this.#server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
      this.#decline(request, response, new Problem(417, 'request.expectation-failed')),
    );
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#refuse(error, socket as Socket));
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

  /** What never became a request is answered here, in French since nothing is known of the client, and the connection ends. */
  #refuse({ code }: NodeJS.ErrnoException, socket: Socket): void {
    const begun = [...this.#open].some((response) => response.socket === socket && response.headersSent);
    if (!socket.writable || begun) return void socket.destroy();
    const problem = problemOf(code);
    socket.end(rawAnswer(problem, this.#refused(problem)), () => socket.destroySoon());
  }

  /** What is no request that any application could be handed. */
  #decline({ headers }: IncomingMessage, response: ServerResponse, problem: Problem): void {
    const language = languageOf(headers['accept-language']);
    const body = problemText(problem, language);
    response.writeHead(problem.status, headersOf(this.#refused(problem), language, body)).end(body);
  }

  /** @returns the id by which it can be found */
  #refused({ status, code }: Problem): string {
    const requestId = newId();
    this.edge.metrics.refused(code);
    this.edge.logger.info({ requestId, route: 'unknown', status, code }, 'request');
    return requestId;
  }
}

const hostMissing = new Problem(400, 'request.invalid', { errors: [{ path: 'Host', message: 'is needed' }] });

function problemOf(code: string | undefined): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem(408, 'request.timed-out');
  if (code === 'HPE_HEADER_OVERFLOW') return new Problem(431, 'request.headers-too-large');
  return new Problem(400, 'request.invalid', { errors: [] });
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

function rawAnswer(problem: Problem, requestId: string): string {
  const body = problemText(problem, 'fr');
  const lines = Object.entries(headersOf(requestId, 'fr', body)).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${problem.status} ${reasons[problem.status]}\r\n${lines.join('')}\r\n${body}`;
}

const headersOf = (requestId: string, language: Language, body: string): Readonly<Record<string, string>> => ({
  ...securityHeaders(),
  'content-type': 'application/problem+json; charset=utf-8',
  'content-language': language,
  'content-length': String(Buffer.byteLength(body)),
  'cache-control': 'no-store',
  'x-request-id': requestId,
  'x-correlation-id': requestId,
  connection: 'close',
});

function routing(app: NestFastifyApplication): RequestListener {
  const { routing: handle } = app.getHttpAdapter().getInstance() as unknown as {
    routing: (request: IncomingMessage, response: ServerResponse) => void;
  };
  return handle;
}
