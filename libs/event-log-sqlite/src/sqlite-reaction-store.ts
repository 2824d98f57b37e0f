import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { CheckpointMoved, ReactionStore, type ParkedErrand, type ParkedPage } from '@ihala/event-log';
import { lazyGroup } from './group-commit.js';

/** How far reactions are and what they parked, in the data file of their service. */
export class SqliteReactionStore extends ReactionStore {
  readonly #checkpoint: StatementSync;
  readonly #move: StatementSync;
  readonly #park: StatementSync;
  readonly #unpark: StatementSync;
  readonly #find: StatementSync;
  readonly #first: StatementSync;
  readonly #list: StatementSync;

  /** @param db a data file, shared with its event log @param commits those of all who follow that log */
  constructor(
    private readonly db: DatabaseSync,
    private readonly commits = lazyGroup(db),
  ) {
    super();
    this.#checkpoint = db.prepare('SELECT checkpoint FROM reactions WHERE reaction = ?');
    this.#move = db.prepare('REPLACE INTO reactions (reaction, checkpoint) VALUES (?, ?)');
    this.#park = db.prepare(
      `INSERT INTO parked (id, reaction, target, errand) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET errand = excluded.errand`,
    );
    this.#unpark = db.prepare('DELETE FROM parked WHERE id = ?');
    this.#find = db.prepare('SELECT errand FROM parked WHERE id = ?');
    this.#first = db.prepare('SELECT errand FROM parked WHERE reaction = ? AND target = ? ORDER BY place LIMIT 1');
    this.#list = db.prepare('SELECT place, errand FROM parked WHERE place < ? ORDER BY place DESC LIMIT ?');
  }

  async checkpoint(reaction: string): Promise<number> {
    return this.#toldOf(reaction);
  }

  async moveCheckpoint(reaction: string, from: number, to: number): Promise<void> {
    await this.commits.run(() => {
      const actual = this.#toldOf(reaction);
      if (actual !== from) throw new CheckpointMoved(`reaction ${reaction} is at ${actual}, not at ${from}`);
      this.#move.run(reaction, to);
    });
  }

  async park(errand: ParkedErrand): Promise<void> {
    const { id, reaction, target } = errand;
    await this.commits.run(() => void this.#park.run(id, reaction, target, JSON.stringify(errand)));
  }

  async unpark(id: string): Promise<void> {
    await this.commits.run(() => void this.#unpark.run(id));
  }

  async find(id: string): Promise<ParkedErrand | undefined> {
    return errandOf(this.#find.get(id));
  }

  async firstFor(reaction: string, target: string): Promise<ParkedErrand | undefined> {
    return errandOf(this.#first.get(reaction, target));
  }

  async list(limit: number, before = Number.MAX_SAFE_INTEGER): Promise<ParkedPage> {
    const rows = this.#list.all(before, limit + 1) as { place: number; errand: string }[];
    const items = rows.slice(0, limit).map((row) => errandOf(row)!);
    return rows.length > limit ? { items, end: rows[limit - 1]!.place } : { items };
  }

  async count(): Promise<number> {
    return (this.db.prepare('SELECT count(*) AS count FROM parked').get() as { count: number }).count;
  }

  #toldOf(reaction: string): number {
    return (this.#checkpoint.get(reaction) as { checkpoint: number } | undefined)?.checkpoint ?? 0;
  }
}

const errandOf = (row: unknown): ParkedErrand | undefined =>
  row === undefined ? undefined : (JSON.parse((row as { errand: string }).errand) as ParkedErrand);
