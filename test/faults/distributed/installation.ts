import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, type ServiceName } from '../../distributed/cluster.js';
import { Proxy } from '../../distributed/proxy.js';
import type { Environment, Replica } from '../../distributed/replica.js';
import { endsWithinMs } from '../case-journey.js';
import { checkLogs, compareViews } from '../checker.js';
import type { Chance } from '../chance.js';
import type { Finding } from '../finding.js';
import { Load } from '../load.js';
import { isQuiet } from '../server.js';
import { Databases } from './databases.js';
import { services } from './plan.js';
import type { Servers } from './servers.js';
import { checkTopics, readTopics } from './topics.js';

export interface InstallationOptions {
  /** processes of each service; default 2 */
  readonly replicas?: number;
  /** default: all */
  readonly services?: readonly ServiceName[];
  /** the built product: this one, or a copy of it with a fault put in */
  readonly product?: string;
}

/** What the lag may take to be gone: leases and sessions of what was killed have to end first, for some 10 s each. */
const patienceMs = 180_000;
const lanes = 6;

/** Services with databases and topics of their own, the loads they have seen, and what must be true of all of it. */
export class Installation {
  readonly folder = mkdtempSync(join(tmpdir(), 'ihala-faults-'));
  readonly prefix = `f${crypto.randomUUID().slice(0, 8)}`;
  readonly databases: Databases;
  readonly services: readonly ServiceName[];
  readonly #loads: Load[] = [];
  #cluster!: Cluster;
  #front!: Proxy;
  #url!: string;
  #waitedFor = 'nothing';
  #kept = false;

  private constructor(
    readonly servers: Servers,
    private readonly options: InstallationOptions,
  ) {
    this.services = options.services ?? services;
    this.databases = new Databases(servers.environment['IHALA_MONGODB_URL']!, this.prefix, this.services);
  }

  static async start(servers: Servers, options: InstallationOptions = {}): Promise<Installation> {
    const installation = new Installation(servers, options);
    try {
      await installation.#start();
    } catch (error) {
      installation.keep();
      await installation.clear();
      throw error;
    }
    return installation;
  }

  get cluster(): Cluster {
    return this.#cluster;
  }

  /** Commands that were acknowledged, of all loads. */
  get acknowledged(): number {
    return this.#loads.reduce((sum, { post }) => sum + post.ledger.acknowledged, 0);
  }

  /** What came last, of what was left to do when faults had stopped. */
  get waitedFor(): string {
    return this.#waitedFor;
  }

  /** Begins journeys. */
  async load(chance: Chance): Promise<Load> {
    const load = new Load(chance, { lanes, sectors: ['health'], doubtful: 'storage.unavailable' });
    this.#loads.push(load);
    for (const proxy of this.servers.proxies) proxy.listenFor(load.planted);
    await load.connect(this.#url);
    return load;
  }

  /** Another process, started again as long as it says that servers are not to be had. @param env of this one alone */
  async add(service: ServiceName, env?: Environment): Promise<Replica> {
    for (const end = Date.now() + patienceMs; ; await pause(500)) {
      try {
        return await this.#cluster.add(service, env);
      } catch (error) {
        if (!/ended with 75/.test((error as Error).message) || Date.now() > end) throw error;
      }
    }
  }

  /** Kills all processes of a service, in whatever they are at. */
  async kill(service: ServiceName): Promise<void> {
    await Promise.all(this.#cluster.replicasOf(service).map((replica) => replica.end('SIGKILL')));
  }

  /** Lets everything be answered and lag reach 0; then all must be there, everywhere. */
  async settle(): Promise<Finding[]> {
    for (const load of this.#loads) await load.end();
    // every consent that ends soon has ended
    await pause(endsWithinMs);
    const lag = await this.#lag();
    return this.#judged([
      ...lag.map((what) => ({ check: 'behind', file: this.folder, what })),
      ...(await this.check({ settled: lag.length === 0 })),
    ]);
  }

  /** Everything wrong in the logs, in the topics, on the ways to the servers and in what processes printed. */
  async check(known: { readonly settled?: boolean } = {}): Promise<Finding[]> {
    const entries = this.#loads.flatMap(({ post }) => post.ledger.entries);
    const logs = await this.databases.logs();
    const messages = await readTopics(this.servers.environment['IHALA_KAFKA_BROKERS']!, this.prefix);
    const faults = this.#loads.flatMap(({ post }) => post.ledger.faults);
    return this.#judged([
      ...checkLogs(logs, { entries, ...known }),
      ...checkTopics(this.prefix, logs.files, messages),
      ...faults.map((what) => ({ check: 'fault-answered', file: this.folder, what })),
      ...this.#secrecy(messages.map(({ bytes }) => bytes)),
    ]);
  }

  /** Stops all in good order; the same logs with their views taken away give the same views. */
  async rebuild(): Promise<Finding[]> {
    const replicas = this.#cluster.replicas;
    await this.#cluster.stop();
    const wrong = replicas.filter(({ exitCode }) => exitCode !== 0);
    const before = await this.databases.views();
    await this.databases.dropViews();
    await Promise.all(this.services.map((service) => this.add(service)));
    const lag = await this.#lag();
    return this.#judged([
      ...wrong.map(({ service, exitCode }) => ({ check: 'stop', file: service, what: `ended with ${exitCode}` })),
      ...lag.map((what) => ({ check: 'behind', file: this.folder, what })),
      ...compareViews(before, await this.databases.views()),
    ]);
  }

  keep(): void {
    this.#kept = true;
  }

  /** Ends what runs. The folder goes, unless something was wrong. @returns it, if it stays */
  async clear(): Promise<readonly string[]> {
    await this.#cluster?.stop('SIGKILL');
    await Promise.all(this.#loads.map((load) => load.abandon()));
    await this.#front?.close();
    await this.databases.drop().catch(() => undefined);
    await this.databases.close();
    if (this.#kept) return [this.folder];
    rmSync(this.folder, { recursive: true });
    return [];
  }

  async #start(): Promise<void> {
    const { folder, prefix, servers, services: ours } = this;
    const env = {
      ...servers.environment,
      IHALA_SECTORS: services.filter((name) => name !== 'cases' && name !== 'audit').join(),
      IHALA_LOG_LEVEL: 'trace',
      IHALA_RATE_LIMIT: '100000',
    };
    this.#cluster = await Cluster.start({ folder, prefix, replicas: 2, env, ...this.options, services: ours });
    this.#front = new Proxy(this.#cluster);
    this.#url = await this.#front.listen(0);
  }

  /** Waits until nothing is left to do. @returns what is left in the end */
  async #lag(): Promise<readonly string[]> {
    // what reactions write has to be carried, folded and reacted to in its turn: so it is quiet once it is quiet twice
    let quiet = 0;
    let left: readonly string[] = [];
    for (const end = Date.now() + patienceMs; quiet < 2 && Date.now() < end; await pause(250)) {
      left = await this.#left();
      this.#waitedFor = left[0] ?? this.#waitedFor;
      quiet = left.length === 0 ? quiet + 1 : 0;
    }
    return left;
  }

  async #left(): Promise<readonly string[]> {
    const busy = await Promise.all(
      this.#cluster.replicas.map(async ({ service, url }) =>
        (await isQuiet(url).catch(() => false)) ? [] : [service],
      ),
    );
    return [...busy.flat(), ...(await this.databases.lag())];
  }

  #secrecy(sent: readonly Buffer[]): Finding[] {
    const words = this.#loads.map(({ planted }) => planted);
    const logs = readdirSync(this.folder).filter((name) => name.endsWith('.log'));
    const places = [
      ...logs.map((name) => [name, readFileSync(join(this.folder, name))] as const),
      ...sent.map((bytes) => ['a message in Kafka', bytes] as const),
    ];
    const told = places.filter(([, bytes]) => words.some((word) => bytes.includes(word))).map(([file]) => file);
    const heard = this.servers.proxies.filter((proxy) => words.some((word) => proxy.heard.includes(word)));
    return [...told, ...heard.map(({ name }) => `the way to ${name}`)].map((file) => ({
      check: 'plain-text',
      file,
      what: 'a planted word',
    }));
  }

  #judged(findings: Finding[]): Finding[] {
    if (findings.length > 0) this.keep();
    return findings;
  }
}
