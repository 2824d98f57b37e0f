import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment, type Service } from '@ihala/service-kit';
import { type Standalone, startStandalone } from '@ihala/standalone';
import { Client, Tokens } from './client.js';
import type { Employee } from './people.js';

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'ihala-'));

type Settings = Readonly<Record<string, string>>;
type Patience = NonNullable<Parameters<typeof startStandalone>[2]>['patience'];

/** All of Ihala in this process, with a data folder of its own. */
export class World {
  readonly anybody: Client;
  readonly #tokens: Tokens;

  private constructor(
    readonly folder: string,
    private readonly ihala: Standalone,
  ) {
    this.anybody = new Client(ihala.url);
    this.#tokens = new Tokens(ihala.url);
  }

  /**
   * @param settings of the environment, over the usual ones
   * @param sectorsIn folders in which sectors lie; the product's own when left out
   */
  static async start(
    folder = newFolder(),
    settings: Settings = {},
    sectorsIn?: string[],
    patience?: Patience,
  ): Promise<World> {
    const env = { IHALA_DATA: folder, PORT: '0', IHALA_DEV_ISSUER: '1', IHALA_LOG_LEVEL: 'silent', ...settings };
    return new World(folder, await startStandalone(readEnvironment(env), sectorsIn, { patience }));
  }

  async stop(): Promise<void> {
    await this.ihala.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** One of the services, seen from inside. */
  service(name: string): Service {
    return this.ihala.services.get(name)!;
  }

  async as(employee: Employee): Promise<Client> {
    return new Client(this.anybody.url, await this.#tokens.of(employee));
  }

  tokenOf(employee: Employee): Promise<string> {
    return this.#tokens.of(employee);
  }
}
