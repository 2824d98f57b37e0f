import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  assertLimit,
  assertNamesApart,
  CheckpointMoved,
  foldBatch,
  pageOf,
  ViewStore,
  type DocumentChanges,
  type JsonObject,
  type Page,
  type RecordedEvent,
  type View,
  type ViewQuery,
} from '@ihala/event-log';
import { lazyGroup } from './group-commit.js';
import { lazily, transaction } from './transaction.js';
import { ViewBuilds } from './view-builds.js';
import { pageStatement } from './view-query.js';

/** Statements are kept prepared by their text; a view is asked in a few forms only, so this is far more than are used. */
const MOST_STATEMENTS = 500;

/**
 * Views in the data file of their service: a table a build of a view, one document a row as JSON text. Deleting these tables
 * loses nothing: the next start builds them again from the log.
 */
export class SqliteViewStore extends ViewStore {
  readonly #statements = new Map<string, StatementSync>();
  readonly #builds: ViewBuilds;

  /** @param db a data file, shared with its event log @param commits those of all who follow that log */
  constructor(
    private readonly db: DatabaseSync,
    private readonly commits = lazyGroup(db),
  ) {
    super();
    this.#builds = new ViewBuilds(db);
  }

  async declare(views: readonly View<JsonObject>[]): Promise<void> {
    assertNamesApart(views);
    this.#statements.clear();
    transaction(this.db, () => this.#builds.declare(views));
  }

  async serve(view: View<JsonObject>): Promise<void> {
    lazily(this.db, () => this.#builds.serve(view));
    this.#builds.served(view);
    this.#statements.clear();
  }

  async get<Doc extends JsonObject>(view: View<Doc>, id: string): Promise<Doc | undefined> {
    const text = this.#read(this.#builds.readFrom(view), id);
    return text === undefined ? undefined : (JSON.parse(text) as Doc);
  }

  async find<Doc extends JsonObject>(view: View<Doc>, query: ViewQuery<Doc>): Promise<Page<Doc>> {
    assertLimit(query.limit);
    if (query.anyOf.length === 0) return { items: [] };
    const { sql, parameters } = pageStatement(view, query, this.#builds.readFrom(view));
    const rows = this.#prepare(sql).all(...parameters) as { id: string; doc: string }[];
    return pageOf(
      rows.map(({ id, doc }) => ({ id, doc: JSON.parse(doc) as Doc })),
      query,
    );
  }

  async checkpoint(view: View<JsonObject>): Promise<number> {
    return this.#checkpoint(view);
  }

  async advance<Doc extends JsonObject>(
    view: View<Doc>,
    from: number,
    to: number,
    events: readonly RecordedEvent[],
  ): Promise<number> {
    this.#assertAt(view, from);
    const { built } = this.#builds.of(view);
    // a fold may wait; what it reads stays as it is as long as the checkpoint does, which is compared again below
    const { changes, folded } = await foldBatch(view, events, (id) => this.#read(built, id));
    const reached = folded < events.length ? events[folded - 1]!.position : to;
    await this.commits.run(() => {
      this.#assertAt(view, from);
      this.#write(built, changes);
      this.#prepare('UPDATE views SET checkpoint = ? WHERE documents = ?').run(reached, built);
    });
    return reached;
  }

  #write(table: string, changes: DocumentChanges): void {
    const put = this.#prepare(
      `INSERT INTO "${table}" (id, doc) VALUES (?, ?) ON CONFLICT DO UPDATE SET doc = excluded.doc`,
    );
    const remove = this.#prepare(`DELETE FROM "${table}" WHERE id = ?`);
    for (const [id, doc] of changes) {
      if (doc === undefined) remove.run(id);
      else put.run(id, doc);
    }
  }

  #assertAt(view: View<JsonObject>, from: number): void {
    const actual = this.#checkpoint(view);
    if (actual !== from) throw new CheckpointMoved(`view ${view.name} is at ${actual}, not at ${from}`);
  }

  #checkpoint(view: View<JsonObject>): number {
    const { definition } = this.#builds.of(view);
    const row = this.#prepare('SELECT checkpoint FROM views WHERE name = ? AND definition = ?').get(
      view.name,
      definition,
    );
    return (row as { checkpoint: number }).checkpoint;
  }

  #read(table: string, id: string): string | undefined {
    const row = this.#prepare(`SELECT doc FROM "${table}" WHERE id = ?`).get(id);
    return (row as { doc: string } | undefined)?.doc;
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#statements.size === MOST_STATEMENTS) this.#statements.clear();
      this.#statements.set(sql, (statement = this.db.prepare(sql)));
    }
    return statement;
  }
}
