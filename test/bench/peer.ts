import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { JsonObject, RecordedEvent, View } from '@ihala/event-log';
import type { Lane } from './contest.js';
import type { Row } from './life.js';
import { multiplied } from './multiplied.js';

/** What is installed, on demand, in a folder of its own: the peer compiles its driver, and is no dependency of ours. */
const packages = {
  '@event-driven-io/emmett-sqlite': '0.42.4',
  // the newest that is to be had everywhere; what the peer asks of it is the same
  '@event-driven-io/emmett': '0.42.0',
  'async-retry': '1.3.3',
  commander: '12.1.0',
  sqlite3: '5.1.7',
  uuid: '10.0.0',
};

/** Its log: enough for every round, and no more, since filling it goes through its own door. */
const EVENTS = 3000;

interface Message {
  readonly type: string;
  readonly data: JsonObject;
}
interface Connection {
  command(sql: string, values: readonly unknown[]): Promise<unknown>;
  querySingle<T>(sql: string, values: readonly unknown[]): Promise<T | null>;
}
interface Told extends Message {
  readonly metadata: { readonly streamName: string; readonly streamPosition: bigint; readonly globalPosition: bigint };
}
interface Consumer {
  processor(options: {
    readonly processorId: string;
    readonly startFrom: 'BEGINNING';
    eachMessage(message: Told, context: { readonly connection: Connection }): Promise<void>;
    stopAfter(message: Told): boolean;
  }): unknown;
  start(): Promise<void>;
  close(): Promise<void>;
}
interface Store {
  appendToStream(
    stream: string,
    events: readonly Message[],
    options: { readonly expectedStreamVersion: bigint | 'STREAM_DOES_NOT_EXIST' },
  ): Promise<unknown>;
  readStream(stream: string): Promise<{ readonly currentStreamVersion: bigint; readonly events: readonly Told[] }>;
  consumer(options: {
    readonly pulling: { readonly batchSize: number; readonly pullingFrequencyInMs: number };
  }): Consumer;
}
interface Library {
  getSQLiteEventStore(options: { readonly fileName: string; readonly schema: object }): Store;
  sqliteConnection(options: { readonly fileName: string }): Connection & { close(): void };
}

/** Takes about a minute the first time. @returns where it is */
export function installPeer(cache: string, say: (line: string) => void): string {
  const folder = join(cache, 'ihala-bench-peer');
  const done = join(folder, 'installed');
  if (existsSync(done)) return folder;
  say('installing @event-driven-io/emmett-sqlite, which compiles its driver: about a minute');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const allowScripts = { sqlite3: true };
  const manifest = { name: 'bench-peer', private: true, dependencies: packages, allowScripts };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--legacy-peer-deps'], {
    cwd: folder,
    // as if called by hand, not as part of the workspace that this was started from
    env: Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !/^(npm_(?!config_)|npm_config_local_prefix$|INIT_CWD$)/.test(name),
      ),
    ),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  writeFileSync(done, '');
  return folder;
}

/** The peer's event store on a file of its own, with its own settings. */
export class Peer {
  #rebuilds = 0;

  private constructor(
    private readonly store: Store,
    private readonly connection: Connection & { close(): void },
    readonly histories: readonly string[],
  ) {}

  static async open(folder: string, path: string, told: readonly Row[]): Promise<Peer> {
    mkdirSync(dirname(path), { recursive: true });
    const module = join(folder, 'node_modules/@event-driven-io/emmett-sqlite/dist/index.js');
    // eslint-disable-next-line no-restricted-syntax -- installed while this runs, so no import can name it
    const library = (await import(pathToFileURL(module).href)) as Library;
    const schema = { autoMigration: 'CreateOrUpdate' };
    const store = library.getSQLiteEventStore({ fileName: path, schema });
    const streams = Map.groupBy(multiplied(told, EVENTS), ({ stream }) => stream);
    for (const [stream, rows] of streams) {
      const messages = rows.map(({ body }) => messageOf(JSON.parse(body) as JsonObject));
      await appendNew(store, stream, messages);
    }
    const longest = Math.max(...[...streams].filter(isReferral).map(([, rows]) => rows.length));
    const histories = [...streams]
      .filter(isReferral)
      .flatMap(([stream, { length }]) => (length === longest ? [stream] : []));
    return new Peer(store, library.sqliteConnection({ fileName: path }), histories);
  }

  async append(stream: string, event: object): Promise<void> {
    const messages = [messageOf(event as JsonObject)];
    await appendNew(this.store, stream, messages);
  }

  /** @returns the history, oldest first */
  async load(stream: string): Promise<readonly Told[]> {
    return (await this.store.readStream(stream)).events;
  }

  /** Its consumer folds the same view, with its checkpoint after every event. */
  rebuild(views: readonly View<JsonObject>[]): Lane {
    const total = BigInt(EVENTS);
    return {
      run: async () => {
        const consumer = this.store.consumer({ pulling: { batchSize: 500, pullingFrequencyInMs: 1 } });
        const table = `rebuilt_${(this.#rebuilds += 1)}`;
        await this.connection.command(`CREATE TABLE ${table} (id TEXT PRIMARY KEY, doc TEXT NOT NULL)`, []);
        for (const view of views) {
          consumer.processor({
            processorId: `${table}-${view.name}`,
            startFrom: 'BEGINNING',
            eachMessage: (message, { connection }) => foldOne(view, message, connection, table),
            stopAfter: ({ metadata }) => metadata.globalPosition >= total,
          });
        }
        await consumer.start();
        await consumer.close();
        return EVENTS;
      },
    };
  }

  close(): void {
    this.connection.close();
  }
}

/** Now and then its commit finds a statement of its own still open (SQLITE_BUSY); whoever uses it has to try again. */
async function appendNew(store: Store, stream: string, messages: readonly Message[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await store.appendToStream(stream, messages, { expectedStreamVersion: 'STREAM_DOES_NOT_EXIST' });
      return;
    } catch (error) {
      if ((error as { errno?: unknown }).errno !== 5 || attempt === 10) throw error;
    }
  }
}

const isReferral = ([stream]: readonly [string, unknown]): boolean => /\/referral-/.test(stream);

const messageOf = ({ type, ...rest }: JsonObject): Message => ({ type: String(type), data: rest });

async function foldOne(view: View<JsonObject>, message: Told, connection: Connection, table: string): Promise<void> {
  if (!view.handles.includes(message.type)) return;
  const { streamName: stream, streamPosition, globalPosition } = message.metadata;
  const numbers = { version: Number(streamPosition), position: Number(globalPosition) };
  const event = { ...message.data, type: message.type, stream, ...numbers } as unknown as RecordedEvent;
  const changes: Promise<unknown>[] = [];
  await view.fold(event, {
    async get(id) {
      const row = await connection.querySingle<{ doc: string }>(`SELECT doc FROM ${table} WHERE id = ?`, [id]);
      return row ? (JSON.parse(row.doc) as JsonObject) : undefined;
    },
    put(id, doc) {
      const sql = `INSERT INTO ${table} (id, doc) VALUES (?, ?) ON CONFLICT DO UPDATE SET doc = excluded.doc`;
      changes.push(connection.command(sql, [id, JSON.stringify(doc)]));
    },
    delete(id) {
      changes.push(connection.command(`DELETE FROM ${table} WHERE id = ?`, [id]));
    },
  });
  await Promise.all(changes);
}
