import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kafka, mongodb, redis } from '@ihala/test-servers';
import { type Environment, program, Replica } from './replica.js';

export const serviceNames = ['cases', 'education', 'employment', 'health', 'voluntary-return', 'audit'] as const;
export type ServiceName = (typeof serviceNames)[number];

export interface ClusterOptions {
  /** for keys and logs */
  readonly folder: string;
  /** processes of each service */
  readonly replicas: number;
  readonly services?: readonly ServiceName[];
  /** of databases, topics and channels: apart from those of others on the same servers */
  readonly prefix?: string;
  /** besides what the servers' addresses make of it */
  readonly env?: Environment;
  /** the built product; another one than this for tests of what is done wrong */
  readonly product?: string;
  readonly onProgress?: (line: string) => void;
}

/** All services of the distributed engine, several processes each, on the servers that tests get. */
export class Cluster {
  readonly #replicas: Replica[] = [];
  #stopping = false;

  private constructor(
    private readonly options: ClusterOptions,
    readonly env: Environment,
  ) {}

  /** @throws Error when one of them can't start; then none is left */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const { folder, replicas, services = serviceNames, onProgress = () => {} } = options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    onProgress('servers');
    const cluster = new Cluster(options, await environmentOf(options));
    try {
      await twoAtOnce(services, async (service) => {
        await cluster.prepare(service);
        onProgress(`${service}: prepared`);
      });
      const all = services.flatMap((service) => Array<ServiceName>(replicas).fill(service));
      await twoAtOnce(all, async (service) => {
        const { url } = await cluster.add(service);
        onProgress(`${service}: ${url}`);
      });
    } catch (error) {
      await cluster.stop('SIGKILL');
      throw error;
    }
    return cluster;
  }

  /** @throws Error when the servers can't be prepared for it */
  async prepare(service: ServiceName): Promise<void> {
    const { code, err } = await program(service, ['--migrate'], this.env, this.options.product);
    if (code !== 0) throw new Error(`${service} --migrate ended with ${code}: ${err}`);
  }

  /** One more process. @param env of this one alone */
  async add(service: ServiceName, env: Environment = {}): Promise<Replica> {
    if (this.#stopping) throw new Error('it is being stopped');
    const { folder, product } = this.options;
    const log = join(folder, `${service}-${this.#replicas.length + 1}.log`);
    const replica = Replica.launch(service, { ...this.env, ...env }, log, product);
    this.#replicas.push(replica);
    return replica.ready();
  }

  /** Those that run. */
  replicasOf(service: ServiceName): readonly Replica[] {
    return this.replicas.filter((replica) => replica.service === service);
  }

  /** All that run, and have been ready. */
  get replicas(): readonly Replica[] {
    return this.#replicas.filter(({ runs, url }) => runs && url !== '');
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#replicas.map((replica) => replica.end(signal)));
    this.#stopping = false;
  }
}

async function environmentOf({ folder, prefix = 'ihala', env }: ClusterOptions): Promise<Environment> {
  const [mongo, brokers, cache] = await Promise.all([
    env?.['IHALA_MONGODB_URL'] ?? mongodb(),
    env?.['IHALA_KAFKA_BROKERS'] ?? kafka(),
    env?.['IHALA_REDIS_URL'] ?? redis(),
  ]);
  return {
    IHALA_MONGODB_URL: mongo,
    IHALA_KEYRING_URL: mongo,
    IHALA_KAFKA_BROKERS: brokers,
    IHALA_KAFKA_REPLICATION: '1',
    IHALA_REDIS_URL: cache,
    IHALA_PREFIX: prefix,
    IHALA_KEK: keyIn(join(folder, 'kek')),
    IHALA_DEV_ISSUER: '1',
    IHALA_DEV_ISSUER_KEY: keyIn(join(folder, 'dev-issuer-key')),
    ...env,
  };
}

/** Made the first time, with mode 0600. */
function keyIn(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

/** A start takes a processor for a second or two. Once one has failed no more are begun. */
async function twoAtOnce<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    try {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
    } catch (error) {
      left.length = 0;
      throw error;
    }
  };
  const ended = await Promise.allSettled([worker(), worker()]);
  for (const worked of ended) if (worked.status === 'rejected') throw worked.reason;
}
