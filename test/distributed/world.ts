import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client, eventually, Tokens } from '../e2e/client.js';
import type { Employee } from '../e2e/people.js';
import { type Installation, newFolder } from '../e2e/world.js';
import { Cluster, type ClusterOptions } from './cluster.js';
import { Databases } from './databases.js';
import { Proxy } from './proxy.js';

/** All of Ihala as processes, two a service, on servers that others use as well, behind one port. */
export class DistributedWorld implements Installation {
  readonly anybody: Client;
  readonly #tokens: Tokens;

  private constructor(
    readonly cluster: Cluster,
    readonly databases: Databases,
    private readonly proxy: Proxy,
    /** of the processes' logs, and keys */
    readonly folder: string,
    url: string,
  ) {
    this.anybody = new Client(url);
    this.#tokens = new Tokens(url);
  }

  /** Returns once it is ready. */
  static async start(options: Partial<ClusterOptions> = {}): Promise<DistributedWorld> {
    const folder = join(newFolder(), 'distributed');
    const prefix = `test-${randomUUID().slice(0, 8)}`;
    const cluster = await Cluster.start({ folder, replicas: 2, prefix, ...options });
    const proxy = new Proxy(cluster);
    const world = new DistributedWorld(cluster, new Databases(cluster.env), proxy, folder, await proxy.listen(0));
    await eventually(async () => {
      const { status, text } = await world.anybody.get('/readyz');
      if (status !== 200) throw new Error(`not ready: ${text}`);
    }, 60_000);
    return world;
  }

  async as(employee: Employee): Promise<Client> {
    return new Client(this.anybody.url, await this.tokenOf(employee));
  }

  tokenOf(employee: Employee): Promise<string> {
    return this.#tokens.of(employee);
  }

  settled(): Promise<void> {
    return this.databases.settled();
  }

  async stop(): Promise<void> {
    await this.proxy.close();
    await this.cluster.stop();
    await this.databases.drop();
    rmSync(join(this.folder, '..'), { recursive: true, force: true });
  }
}
