import { createServer, type IncomingMessage, request as ask, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cluster, ServiceName } from './cluster.js';
import type { Replica } from './replica.js';

/** First names under `/v1/` that are not a service's own. */
const owners: Readonly<Record<string, ServiceName>> = { transfers: 'cases', feed: 'cases' };
/** Said from one end of a connection to the other, and not beyond (RFC 9110, 7.6.1). */
const hopByHop = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/**
 * What a reverse proxy does in front of the services: it hands each request to the next process of the service that owns its path,
 * and to another one where that takes no connection. For trying things out and for tests.
 */
export class Proxy {
  readonly #server: Server;
  readonly #turns = new Map<string, number>();

  constructor(private readonly cluster: Pick<Cluster, 'replicas' | 'replicasOf'>) {
    this.#server = createServer((request, response) => {
      const { url = '/' } = request;
      if (url === '/readyz') return void this.#ready(response);
      this.#pass(request, response, this.#inTurn(/^\/v1\/([a-z-]+)/.exec(url)?.[1] ?? ''));
    });
  }

  async listen(port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #pass(request: IncomingMessage, response: ServerResponse, [to, ...others]: readonly Replica[]): void {
    if (to === undefined) return unanswered(response, 503);
    const { hostname, port } = new URL(to.url);
    const headers = { ...withoutHops(request), 'x-forwarded-for': request.socket.remoteAddress ?? '' };
    const passed = ask({ hostname, port, path: request.url, method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, withoutHops(answer));
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    let taken = false;
    passed.on('socket', (socket) => {
      const take = () => {
        taken = true;
        request.pipe(passed);
      };
      if (socket.connecting) socket.once('connect', take);
      else take();
    });
    passed.on('error', () => {
      if (response.headersSent || response.destroyed) response.destroy();
      // whether it was done nobody knows
      else if (taken) unanswered(response, 502);
      else this.#pass(request, response, others);
    });
    // whoever leaves is not waited for, a live stream least of all
    response.on('close', () => passed.destroy());
  }

  /** The processes that may be asked, the next in turn first. What is no service's own, tokens say, any process answers. */
  #inTurn(name: string): readonly Replica[] {
    const own = this.cluster.replicasOf(owners[name] ?? (name as ServiceName));
    const candidates = own.length > 0 ? own : this.cluster.replicasOf('cases');
    const turn = this.#turns.get(name) ?? 0;
    this.#turns.set(name, turn + 1);
    const first = turn % Math.max(1, candidates.length);
    return [...candidates.slice(first), ...candidates.slice(0, first)];
  }

  /** Ready when all are. */
  async #ready(response: ServerResponse): Promise<void> {
    const statusOf = ({ url }: Replica) =>
      fetch(`${url}/readyz`).then(
        ({ status }) => status,
        () => 503,
      );
    const answers = await Promise.all(this.cluster.replicas.map(statusOf));
    const ready = answers.length > 0 && answers.every((status) => status === 200);
    response.writeHead(ready ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: ready ? 'ready' : 'not ready' }));
  }
}

function withoutHops({ headers }: IncomingMessage) {
  const kept = Object.entries(headers).filter(([name]) => !hopByHop.includes(name) && name !== 'host');
  return Object.fromEntries(kept);
}

function unanswered(response: ServerResponse, status: 502 | 503): void {
  response.writeHead(status, { 'content-type': 'application/problem+json', 'retry-after': '1' });
  response.end(
    JSON.stringify({ type: 'about:blank', title: 'Service indisponible', status, code: 'service.unavailable' }),
  );
}
