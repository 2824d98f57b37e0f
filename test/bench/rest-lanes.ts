import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { aminata, type Employee, fatima, nadia } from '../e2e/people.js';
import { Tokens } from '../e2e/client.js';
import { ServerProcess } from '../e2e/server-process.js';
import { Connection, onAll } from './connection.js';
import { type Lane, type Lanes, until } from './contest.js';
import { consent, sending } from './life.js';

const CONNECTIONS = 16;
/** Requests of one round: what is to be acknowledged must have been sent before. */
const REQUESTS = 320;
const CASES = 40;
const PAGE = 20;

interface Consented {
  readonly caseId: string;
  readonly consentId: string;
}

/** The whole product in one process, as it is started by `npm start`, beside a bare handler in another. */
export class RestPair {
  private constructor(
    private readonly product: ServerProcess,
    private readonly bare: BareServer,
    private readonly connections: Readonly<Record<'sender' | 'receiver' | 'bare', readonly Connection[]>>,
    private readonly cases: readonly Consented[],
  ) {}

  /** @param folder data of the product @param bareFolder a health log for the floor */
  static async start(folder: string, bareFolder: string): Promise<RestPair> {
    const [product, bare] = await Promise.all([
      ServerProcess.start(folder, 'info', { IHALA_RATE_LIMIT: '0' }),
      BareServer.start(bareFolder),
    ]);
    await quiet(product);
    const { url } = product.anybody;
    const connections = {
      sender: await connected(url, fatima),
      receiver: await connected(url, nadia),
      bare: await connected(bare.url, nadia),
    };
    const cases: Consented[] = [];
    await onAll(connections.sender, Array.from({ length: CASES }), async (by) => {
      const { id: caseId } = await by.ask<{ id: string }>('POST', '/v1/cases', aminata);
      const { id: consentId } = await by.ask<{ id: string }>('POST', `/v1/cases/${caseId}/consents`, consent);
      cases.push({ caseId, consentId });
    });
    return new RestPair(product, bare, connections, cases);
  }

  send(): Lanes {
    return this.#beside('POST', '/command', {
      prepare: () => quiet(this.product),
      run: async () => (await this.#sent()).length,
    });
  }

  move(...actions: readonly string[]): Lanes {
    let ids: readonly string[] = [];
    const moved = (action: string) =>
      onAll(this.connections.receiver, ids, (by, id) => by.ask('POST', `/v1/health/referrals/${id}/${action}`, {}));
    return this.#beside('POST', '/command', {
      prepare: async () => {
        ids = await this.#sent();
        for (const action of actions.slice(0, -1)) await moved(action);
        await quiet(this.product);
      },
      run: () => moved(actions.at(-1)!),
    });
  }

  list(): Lanes {
    return this.#pages(this.connections.receiver, () => `/v1/health/referrals?direction=incoming&limit=${PAGE}`);
  }

  timeline(): Lanes {
    return this.#pages(this.connections.sender, (n) => {
      const { caseId } = this.cases[n % this.cases.length]!;
      return `/v1/cases/${caseId}/timeline?limit=${PAGE}`;
    });
  }

  async close(): Promise<void> {
    for (const connection of Object.values(this.connections).flat()) connection.close();
    await Promise.all([this.product.end('SIGTERM'), this.bare.stop()]);
  }

  async #sent(): Promise<string[]> {
    const ids: string[] = [];
    const work = Array.from({ length: REQUESTS }, (_, n) => this.cases[n % this.cases.length]!);
    await onAll(this.connections.sender, work, async (by, { caseId, consentId }) => {
      const { id } = await by.ask<{ id: string }>('POST', '/v1/health/referrals', sending(caseId, consentId));
      ids.push(id);
    });
    return ids;
  }

  #pages(connections: readonly Connection[], path: (n: number) => string): Lanes {
    return this.#beside('GET', `/page?limit=${PAGE}`, {
      prepare: () => quiet(this.product),
      run: (ms) => {
        let n = 0;
        return until(ms, () => onAll(connections, connections, (by) => by.ask('GET', path(n++))));
      },
    });
  }

  #beside(method: 'GET' | 'POST', path: string, ours: Lane): Lanes {
    const { caseId } = this.cases[0]!;
    const body = method === 'POST' ? { caseId, text: sending('', '').reason } : undefined;
    const all = Array.from({ length: REQUESTS });
    return {
      ours,
      floor: {
        prepare: () => quiet(this.product),
        run: (ms) => until(ms, () => onAll(this.connections.bare, all, (by) => by.ask(method, path, body))),
      },
    };
  }
}

/** Until all that was copied and folded after the last command is done: it is no part of what comes next. */
async function quiet({ anybody }: ServerProcess): Promise<void> {
  for (;;) if ((await anybody.get('/readyz')).status === 200) return;
}

async function connected(url: string, employee: Employee): Promise<readonly Connection[]> {
  const token = await new Tokens(url).of(employee);
  return Array.from({ length: CONNECTIONS }, () => new Connection(new URL(url), token));
}

class BareServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(folder: string): Promise<BareServer> {
    const script = fileURLToPath(new URL('./bare-server.ts', import.meta.url));
    const child = spawn(process.execPath, [...process.execArgv, script, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await Promise.race([
      once(child.stdout!, 'data'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`the bare server ended with ${code}`))),
    ])) as [Buffer];
    return new BareServer(
      child,
      String(line)
        .replace(/^ready at /, '')
        .trim(),
    );
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }
}
