import { ask } from './keeper-client.js';
import type { Deed, KafkaOptions, Kind, MongodOptions, ServerOptions, Told, ToldGroup } from './protocol.js';

/** A server of a test's own. */
export class Server {
  /** mongodb://…, a broker's host:port, redis://… */
  readonly address: string;
  readonly port: number;
  readonly #id: number;
  #pid: number | undefined;

  constructor(told: Told) {
    ({ address: this.address, port: this.port, id: this.#id, pid: this.#pid } = told);
  }

  /** undefined when it does not run */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** SIGKILL. The data stay. */
  kill(): Promise<void> {
    return this.#do('kill');
  }

  /** Ends it in good order if it runs, and starts it with the same data on the same port; until it answers again. */
  restart(): Promise<void> {
    return this.#do('restart');
  }

  /** SIGSTOP: connections stay open, and nothing answers. */
  freeze(): Promise<void> {
    return this.#do('freeze');
  }

  thaw(): Promise<void> {
    return this.#do('thaw');
  }

  /** Ends it for good, with its data. */
  stop(): Promise<void> {
    return this.#do('stop');
  }

  async #do(deed: Deed): Promise<void> {
    ({ pid: this.#pid } = await ask<Told>({ ask: 'do', server: this.#id, deed }));
  }
}

/** Members of one replica set, each of which may be killed. */
export class ReplicaSet {
  /** with all members */
  readonly address: string;
  readonly members: readonly Server[];
  readonly #group: number;

  constructor({ address, servers, group }: ToldGroup) {
    this.address = address;
    this.members = servers.map((told) => new Server(told));
    this.#group = group;
  }

  /** Waits until there is one. */
  async primary(): Promise<Server> {
    return this.members[await ask<number>({ ask: 'primary', group: this.#group })]!;
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
  }
}

/** The shared server's address. It is started by the first who asks, and ended with the test run. */
export const shared = (kind: Kind): Promise<string> => ask<string>({ ask: 'shared', kind });

/** Has what servers of one's own need. @throws NoServer when it can't be had */
export const prepare = (kind: Kind): Promise<void> => ask<void>({ ask: 'prepare', kind });

const start = (kind: Kind, options: ServerOptions) => ask<ToldGroup>({ ask: 'start', kind, options });

async function startOne(kind: Kind, options: ServerOptions): Promise<Server> {
  const { servers } = await start(kind, options);
  return new Server(servers[0]!);
}

/** A replica set of one, which has a primary. */
export const startMongod = (options: Omit<MongodOptions, 'members'> = {}): Promise<Server> =>
  startOne('mongodb', { ...options, members: 1 });

/** A replica set that has a primary, whose members elect another within some 3 s of its death. */
export async function startReplicaSet(members: number, options: Omit<MongodOptions, 'members'> = {}) {
  return new ReplicaSet(await start('mongodb', { ...options, members }));
}

/** One broker, which is its own controller; topics are not made by themselves. */
export const startKafka = (options: KafkaOptions = {}): Promise<Server> => startOne('kafka', options);

/** Writes what it is told to a file, so that its data outlive a kill. */
export const startRedis = (): Promise<Server> => startOne('redis', {});
