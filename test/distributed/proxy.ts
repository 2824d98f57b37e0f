import { createServer, type IncomingMessage, request as ask, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cluster, ServiceName } from './cluster.js';

/** First names under `/v1/` that are not a service's own. */
const owners: Readonly<Record<string, ServiceName>> = { transfers: 'cases', feed: 'cases' };

/**
 * What a reverse proxy does in front of the services: it hands each request to the next process of the service that owns its path.
 * For trying things out and for tests.
 */
export class Proxy {
  readonly #server: Server;
  #turn = 0;

  constructor(private readonly cluster: Cluster) {
    this.#server = createServer((request, response) => this.#pass(request, response));
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

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const { url = '/', method, headers } = request;
    if (url === '/readyz') return void this.#ready(response);
    const to = this.#next(/^\/v1\/([a-z-]+)/.exec(url)?.[1] ?? '');
    if (to === undefined) return unanswered(response, 503);
    const { hostname, port, host } = new URL(to.url);
    const passed = ask({ hostname, port, path: url, method, headers: { ...headers, host } }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    // whether it was done nobody knows
    passed.on('error', () => (response.headersSent ? response.destroy() : unanswered(response, 502)));
    // whoever leaves is not waited for, a live stream least of all
    response.on('close', () => passed.destroy());
    request.pipe(passed);
  }

  /** What is no service's own, tokens say, any process answers. */
  #next(name: string) {
    const known = owners[name] ?? (name as ServiceName);
    const own = this.cluster.replicasOf(known);
    const candidates = own.length > 0 ? own : this.cluster.replicasOf('cases');
    return candidates[this.#turn++ % Math.max(1, candidates.length)];
  }

  /** Ready when all are. */
  async #ready(response: ServerResponse): Promise<void> {
    const answers = await Promise.all(
      this.cluster.replicas.map(({ url }) =>
        fetch(`${url}/readyz`).then(
          ({ status }) => status,
          () => 503,
        ),
      ),
    );
    const ready = answers.length > 0 && answers.every((status) => status === 200);
    response.writeHead(ready ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: ready ? 'ready' : 'not ready' }));
  }
}

function unanswered(response: ServerResponse, status: 502 | 503): void {
  response.writeHead(status, { 'content-type': 'application/problem+json', 'retry-after': '1' });
  response.end(
    JSON.stringify({ type: 'about:blank', title: 'Service indisponible', status, code: 'service.unavailable' }),
  );
}
