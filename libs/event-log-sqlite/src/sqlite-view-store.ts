import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  CheckpointMoved,
  foldBatch,
  ViewStore,
  type DocumentChanges,
  type JsonObject,
  type Page,
  type RecordedEvent,
  type View,
  type ViewQuery,
} from '@ihala/event-log';
import { lazily, transaction } from './transaction.js';
import { columnOf, indexName, pageStatement, tableOf } from './view-query.js';

/** Statements are kept prepared by their text; a view is asked in a few forms only, so this is far more than are used. */
const MOST_STATEMENTS = 500;

/** Which views there are and how far each is; it goes and comes back with the views. `definition`: another one means build anew. */
const REGISTRY = `
  CREATE TABLE IF NOT EXISTS views (
    name TEXT PRIMARY KEY,
    definition TEXT NOT NULL,
    checkpoint INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`;

/**
 * Views in the data file of their service: a table a view and version, one document a row as JSON text. Deleting these tables
 * loses nothing: the next start builds them again from the log.
 */
export class SqliteViewStore extends ViewStore {
  readonly #statements = new Map<string, StatementSync>();

  /** @param db a data file, shared with its event log */
  constructor(private readonly db: DatabaseSync) {
    super();
    db.exec(REGISTRY);
  }

  async declare(views: readonly View<JsonObject>[]): Promise<void> {
    if (new Set(views.map(({ name }) => name)).size < views.length) throw new TypeError('two views have one name');
    this.#statements.clear();
    transaction(this.db, () => {
      const built = new Set(views.filter((view) => this.#isBuilt(view)));
      const kept = new Set([...built].map(tableOf));
      for (const table of this.#tables()) if (!kept.has(table)) this.db.exec(`DROP TABLE "${table}"`);
      const names = JSON.stringify([...built].map(({ name }) => name));
      this.db.prepare('DELETE FROM views WHERE name NOT IN (SELECT value FROM json_each(?))').run(names);
      for (const view of views) if (!built.has(view)) this.#create(view);
    });
  }

  async get<Doc extends JsonObject>(view: View<Doc>, id: string): Promise<Doc | undefined> {
    const text = this.#read(view, id);
    return text === undefined ? undefined : (JSON.parse(text) as Doc);
  }

  async find<Doc extends JsonObject>(view: View<Doc>, query: ViewQuery<Doc>): Promise<Page<Doc>> {
    if (!Number.isSafeInteger(query.limit) || query.limit < 1) throw new RangeError('limit is at least 1');
    if (query.anyOf.length === 0) return { items: [] };
    const { sql, parameters } = pageStatement(view, query);
    const rows = this.#prepare(sql).all(...parameters) as { id: string; doc: string }[];
    const items = rows.slice(0, query.limit).map(({ id, doc }) => ({ id, doc: JSON.parse(doc) as Doc }));
    const last = items.at(-1);
    if (rows.length <= query.limit || last === undefined) return { items };
    return { items, end: { value: last.doc[query.sort.field] as string | number | boolean, id: last.id } };
  }

  async checkpoint(view: View<JsonObject>): Promise<number> {
    return this.#checkpoint(view);
  }

  async advance<Doc extends JsonObject>(
    view: View<Doc>,
    from: number,
    to: number,
    events: readonly RecordedEvent[],
  ): Promise<void> {
    this.#assertAt(view, from);
    // a fold may wait; what it reads stays as it is as long as the checkpoint does, which is compared again below
    const changes = await foldBatch(view, events, (id) => this.#read(view, id));
    lazily(this.db, () => {
      this.#assertAt(view, from);
      this.#write(tableOf(view), changes);
      this.#prepare('UPDATE views SET checkpoint = ? WHERE name = ?').run(to, view.name);
    });
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
    const row = this.#prepare('SELECT checkpoint FROM views WHERE name = ?').get(view.name);
    if (row === undefined) throw new Error(`view ${view.name} is not declared`);
    return (row as { checkpoint: number }).checkpoint;
  }

  #read(view: View<JsonObject>, id: string): string | undefined {
    const row = this.#prepare(`SELECT doc FROM "${tableOf(view)}" WHERE id = ?`).get(id);
    return (row as { doc: string } | undefined)?.doc;
  }

  /** Built before by the same definition, its table still there, and not emptied: folding nothing twice costs only a scan. */
  #isBuilt(view: View<JsonObject>): boolean {
    const row = this.db.prepare('SELECT definition FROM views WHERE name = ?').get(view.name);
    return (
      (row as { definition: string } | undefined)?.definition === definitionOf(view) &&
      this.#tables().includes(tableOf(view)) &&
      this.db.prepare(`SELECT 1 FROM "${tableOf(view)}" LIMIT 1`).get() !== undefined
    );
  }

  #tables(): readonly string[] {
    const rows = this.db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'view:%'`).all();
    return (rows as { name: string }[]).map(({ name }) => name);
  }

  #create(view: View<JsonObject>): void {
    const table = tableOf(view);
    const columns = [...new Set(view.indexes.flat())].map(
      (field) => `${columnOf(field)} GENERATED ALWAYS AS (doc ->> '$.${field}') VIRTUAL`,
    );
    this.db.exec(
      `CREATE TABLE "${table}" (${['id TEXT PRIMARY KEY NOT NULL', 'doc TEXT NOT NULL', ...columns].join(', ')})`,
    );
    for (const index of view.indexes) {
      const fields = [...index.map(columnOf), 'id'].join(', ');
      this.db.exec(`CREATE INDEX ${indexName(table, index)} ON "${table}" (${fields})`);
    }
    this.db
      .prepare('INSERT INTO views (name, definition, checkpoint) VALUES (?, ?, 0)')
      .run(view.name, definitionOf(view));
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

function definitionOf({ version, handles, indexes }: View<JsonObject>): string {
  return JSON.stringify({ version, handles: [...handles].sort(), indexes });
}
