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

/** All of Ihala as its users have it, on whichever engine. */
export interface Installation {
  readonly anybody: Client;
  as(employee: Employee): Promise<Client>;
  tokenOf(employee: Employee): Promise<string>;
  /** Resolves once every service has heard of all that was answered, and done what follows from it. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** All of Ihala in this process, with a data folder of its own. */
export class World implements Installation {
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

  /** What follows from something may give rise to more. */
  async settled(): Promise<void> {
    const { services } = this.ihala;
    for (let before = -1, now = 0; now > before;) {
      before = now;
      for (const service of services.values()) {
        await service.caughtUp(2000);
        await service.followUps?.toldWithin(await service.store.log.lastPosition(), 2000);
      }
      const ends = await Promise.all([...services.values()].map(({ store }) => store.log.lastPosition()));
      now = ends.reduce((sum, end) => sum + end, 0);
    }
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
