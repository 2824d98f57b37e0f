import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { until } from './waiting.fixtures.js';

const MONGOD = process.env['IHALA_TEST_MONGOD'] ?? 'mongod';

/** A mongod of a test's own, to be killed and started again. */
export class Member {
  #process: ChildProcess | undefined;

  constructor(
    readonly port: number,
    private readonly folder: string,
  ) {}

  async start(): Promise<void> {
    const parameters = ['transactionLifetimeLimitSeconds=2', 'enableTestCommands=1'];
    this.#process = spawn(
      MONGOD,
      [
        ...['--replSet', 'rs', '--port', String(this.port), '--dbpath', this.folder, '--bind_ip', '127.0.0.1'],
        ...['--wiredTigerCacheSizeGB', '0.25', '--nounixsocket', '--oplogSize', '50', '--quiet'],
        ...parameters.flatMap((parameter) => ['--setParameter', parameter]),
      ],
      { stdio: 'ignore' },
    );
    await until(async () => (await hello(this.port)) !== undefined, 60_000);
  }

  freeze(): void {
    this.#process!.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process!.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const ended = this.#process && once(this.#process, 'exit');
    this.#process?.kill('SIGKILL');
    await ended;
    this.#process = undefined;
  }
}

export interface ReplicaSet {
  readonly uri: string;
  readonly members: readonly Member[];
  primary(): Promise<Member>;
  destroy(): Promise<void>;
}

export async function startReplicaSet(size: number): Promise<ReplicaSet> {
  const folders = Array.from({ length: size }, () => mkdtempSync(join(tmpdir(), 'ihala-mongod-')));
  const members: Member[] = [];
  for (const folder of folders) members.push(new Member(await freePort(), folder));
  await Promise.all(members.map((member) => member.start()));
  const hosts = members.map(({ port }) => `127.0.0.1:${port}`);
  await command(members[0]!.port, {
    replSetInitiate: {
      _id: 'rs',
      members: hosts.map((host, _id) => ({ _id, host })),
      settings: { electionTimeoutMillis: 2000, heartbeatIntervalMillis: 500 },
    },
  });
  const primary = async () => {
    let found: Member | undefined;
    await until(async () => {
      for (const member of members) if ((await hello(member.port))?.['isWritablePrimary']) found = member;
      return found !== undefined;
    }, 60_000);
    return found!;
  };
  await primary();
  return {
    uri: `mongodb://${hosts.join()}/?replicaSet=rs`,
    members,
    primary,
    async destroy() {
      await Promise.all(members.map((member) => member.kill()));
      for (const folder of folders) rmSync(folder, { recursive: true });
    },
  };
}

/** Asks one server, and no other of its replica set. */
export async function command(port: number, ask: mongoose.mongo.Document): Promise<mongoose.mongo.Document> {
  const options = { directConnection: true, serverSelectionTimeoutMS: 1000 };
  const connection = await mongoose.createConnection(`mongodb://127.0.0.1:${port}/admin`, options).asPromise();
  try {
    return await connection.db!.command(ask);
  } finally {
    await connection.close();
  }
}

async function hello(port: number): Promise<mongoose.mongo.Document | undefined> {
  return command(port, { hello: 1 }).catch(() => undefined);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
