import type { DatabaseSync } from 'node:sqlite';
import { canStandIn, definitionOf, documentsOf, type JsonObject, type View } from '@ihala/event-log';
import { columnOf, indexName } from './view-query.js';

/**
 * Which builds of views there are, where their documents lie, how far each is, and which one of a name is read. It goes and
 * comes back with the views.
 */
const REGISTRY = `
  CREATE TABLE IF NOT EXISTS views (
    name TEXT NOT NULL,
    definition TEXT NOT NULL, -- JSON; another one means another build
    documents TEXT NOT NULL,  -- their table
    checkpoint INTEGER NOT NULL,
    serves INTEGER NOT NULL,
    PRIMARY KEY (name, definition)
  ) STRICT, WITHOUT ROWID`;

interface Build {
  readonly name: string;
  readonly definition: string;
  readonly documents: string;
  readonly serves: number;
}

/** The tables of one declared view: the one that is built, and the one that is read. */
export interface Tables {
  readonly definition: string;
  readonly built: string;
  readonly read: string;
}

/** At most two builds of a view: the one that serves, and beside it the one that is to take over. */
export class ViewBuilds {
  readonly #tables = new Map<string, Tables>();

  constructor(private readonly db: DatabaseSync) {
    const columns = db.prepare(`SELECT name FROM pragma_table_info('views')`).all() as { name: string }[];
    const old = columns.length > 0 && !columns.some(({ name }) => name === 'serves');
    if (old) db.exec('ALTER TABLE views RENAME TO old_views');
    db.exec(REGISTRY);
    if (!old) return;
    db.exec(`INSERT INTO views SELECT name, definition, 'view:' || name || '@' || (definition ->> '$.version'), checkpoint, 1
      FROM old_views; DROP TABLE old_views`);
  }

  /** @throws Error when it was not declared */
  of(view: View<JsonObject>): Tables {
    const tables = this.#tables.get(view.name);
    if (tables === undefined || tables.definition !== definitionOf(view)) {
      throw new Error(`view ${view.name} is not declared`);
    }
    return tables;
  }

  /** The table a view is read from: without a declaration, by who only looks, that of the build that serves. */
  readFrom(view: View<JsonObject>): string {
    if (this.#tables.size > 0) return this.of(view).read;
    const serving = this.db
      .prepare('SELECT definition, documents FROM views WHERE name = ? AND serves = 1')
      .get(view.name) as Pick<Build, 'definition' | 'documents'> | undefined;
    if (serving && canStandIn(serving.definition, view)) return serving.documents;
    throw new Error(`view ${view.name} is not built`);
  }

  /** Inside a transaction. Keeps what is built or serves, drops all else, makes tables for what is to be built. */
  declare(views: readonly View<JsonObject>[]): void {
    const existing = this.#existingTables();
    const sound = (this.db.prepare('SELECT * FROM views').all() as unknown as Build[]).filter(
      ({ documents }) => existing.has(documents) && !this.#isEmpty(documents),
    );
    const wanted = new Map(views.map((view) => [view.name, definitionOf(view)]));
    const kept = sound.filter(({ name, definition, serves }) => {
      return definition === wanted.get(name) || (wanted.has(name) && serves === 1);
    });
    const tables = new Set(kept.map(({ documents }) => documents));
    for (const table of existing) if (!tables.has(table)) this.db.exec(`DROP TABLE "${table}"`);
    this.db
      .prepare('DELETE FROM views WHERE documents NOT IN (SELECT value FROM json_each(?))')
      .run(JSON.stringify([...tables]));
    this.#tables.clear();
    for (const view of views) this.#tables.set(view.name, this.#tablesOf(view, kept));
  }

  /** Inside a transaction; `served` follows when it is committed. */
  serve(view: View<JsonObject>): void {
    const { definition } = this.of(view);
    const others = this.db
      .prepare('DELETE FROM views WHERE name = ? AND definition <> ? RETURNING documents')
      .all(view.name, definition) as { documents: string }[];
    this.db.prepare('UPDATE views SET serves = 1 WHERE name = ? AND serves = 0').run(view.name);
    for (const { documents } of others) this.db.exec(`DROP TABLE "${documents}"`);
  }

  served(view: View<JsonObject>): void {
    const { definition, built } = this.of(view);
    this.#tables.set(view.name, { definition, built, read: built });
  }

  #tablesOf(view: View<JsonObject>, kept: readonly Build[]): Tables {
    const definition = definitionOf(view);
    const builds = kept.filter(({ name }) => name === view.name);
    const serving = builds.find(({ serves }) => serves === 1);
    const built =
      builds.find((build) => build.definition === definition)?.documents ?? this.#create(view, serving?.documents);
    const read = serving && canStandIn(serving.definition, view) ? serving.documents : built;
    return { definition, built, read };
  }

  #create(view: View<JsonObject>, serving: string | undefined): string {
    // of the same version when only its handles or indexes changed
    const table = documentsOf(view) === serving ? `${documentsOf(view)}+` : documentsOf(view);
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
      .prepare('INSERT INTO views (name, definition, documents, checkpoint, serves) VALUES (?, ?, ?, 0, 0)')
      .run(view.name, definitionOf(view), table);
    return table;
  }

  #existingTables(): ReadonlySet<string> {
    const rows = this.db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'view:%'`).all();
    return new Set((rows as { name: string }[]).map(({ name }) => name));
  }

  /** Emptied by hand perhaps, behind the back of its checkpoint. To fold again what yields nothing costs only a scan. */
  #isEmpty(table: string): boolean {
    return this.db.prepare(`SELECT 1 FROM "${table}" LIMIT 1`).get() === undefined;
  }
}
