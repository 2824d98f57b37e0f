import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { ViewRunner } from '@ihala/event-log';
import { openSqliteService, type SqliteService } from '@ihala/event-log-sqlite';
import { catalogue } from '@ihala/health';
import { sectorBlueprint } from '@ihala/service-kit';
import { Appending, type BareLog, lengthOf, type Sending } from './appending.js';
import type { Lanes } from './contest.js';
import type { Row } from './life.js';
import { insertsInto } from './log-files.js';
import type { Peer } from './peer.js';

/** One health log twice: as the engine opens it, and bare. */
export class LogPair {
  readonly appending: Appending;
  readonly #ours: SqliteService;
  readonly #bare: BareFile;

  /** @param copy the same file again, for the floor */
  constructor(
    path: string,
    copy: string,
    told: readonly Row[],
    private readonly peer?: Peer,
  ) {
    this.#ours = openSqliteService(path, 'health');
    this.#bare = new BareFile(copy);
    const histories = this.#bare.histories(lengthOf(told));
    this.appending = new Appending(this.#ours.log, this.#bare, { told, histories }, peer);
  }

  /** Folds the whole log into the work lists of a sector. */
  rebuild(): Lanes {
    const { log, views } = this.#ours;
    const all = sectorBlueprint(catalogue).views;
    return {
      ...(this.peer && { peer: this.peer.rebuild(all) }),
      ours: {
        prepare: () => views.declare([]),
        run: async () => {
          const end = await log.lastPosition();
          const runner = new ViewRunner(log, views, all, { onError: fail });
          await runner.start();
          await runner.caughtUp(end);
          await runner.stop();
          return end;
        },
      },
      floor: { run: async () => this.#bare.scan() },
    };
  }

  async close(): Promise<void> {
    await this.#ours.close();
    this.#bare.close();
    this.peer?.close();
  }
}

/** The data file through the driver alone. */
class BareFile implements BareLog {
  readonly #db: DatabaseSync;
  readonly #inserts: ReturnType<typeof insertsInto>;
  readonly #stream: StatementSync;
  readonly #after: StatementSync;
  #position: number;
  #sequence: number;

  constructor(path: string) {
    this.#db = new DatabaseSync(path);
    this.#db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 8000',
    );
    this.#inserts = insertsInto(this.#db);
    const columns = 'SELECT position, stream, version, source, sequence, recorded_at, body FROM events';
    this.#stream = this.#db.prepare(`${columns} WHERE stream = ? AND version >= 1 ORDER BY version`);
    this.#after = this.#db.prepare(`${columns} WHERE position > ? ORDER BY position LIMIT 500`);
    for (const statement of [this.#stream, this.#after]) statement.setReturnArrays(true);
    const end = this.#db.prepare('SELECT max(position) AS position, max(sequence) AS sequence FROM events').get();
    ({ position: this.#position, sequence: this.#sequence } = end as { position: number; sequence: number });
  }

  /** Own streams of this length. */
  histories(length: number): readonly string[] {
    const own = this.#db.prepare('SELECT stream FROM events WHERE version = ? AND source IS NULL');
    return own.all(length).map(({ stream }) => stream as string);
  }

  insert(sendings: readonly Sending[]): void {
    const { begin, event: insertEvent, command: insertCommand, commit } = this.#inserts;
    begin.run();
    for (const { stream, event, command } of sendings) {
      const recordedAt = new Date().toISOString();
      const body = JSON.stringify(event);
      insertEvent.run(++this.#position, stream, 1, null, ++this.#sequence, recordedAt, event.caseId!, body);
      insertCommand.run(command.id, command.fingerprint, JSON.stringify([{ stream, version: 1 }]));
    }
    commit.run();
  }

  read(stream: string): unknown {
    return this.#stream.all(stream);
  }

  /** @returns how many events there are */
  scan(): number {
    let after = 0;
    for (;;) {
      const rows = this.#after.all(after) as unknown as [number, ...unknown[]][];
      for (const row of rows) JSON.parse(row[6] as string);
      if (rows.length === 0) return this.#position;
      after = rows.at(-1)![0];
    }
  }

  close(): void {
    this.#db.close();
  }
}

function fail(error: unknown): never {
  throw error;
}
