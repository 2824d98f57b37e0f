import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CheckpointMoved, documentsOf, ViewRunner, type View, type ViewQuery } from '@ihala/event-log';
import { push } from '@ihala/event-log/conformance';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openDataFile } from './data-file.js';
import { openSqliteService, SqliteViewStore } from './index.js';
import { pageStatement } from './view-query.js';

const CASE = 'cases/case-aminata';

type Row = { readonly status: string; readonly at: string };

const CASES: View<Row> = {
  name: 'cases',
  version: 1,
  handles: ['CaseOpened'],
  indexes: [['status', 'at'], ['at']],
  fold: ({ stream, recordedAt }, docs) => docs.put(stream, { status: 'open', at: recordedAt }),
};

const RANGE = { field: 'at', from: '2026-01-01', to: '2026-12-31' } as const;
const END = { value: '2026-11-20', id: CASE };

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ihala-views-'));
  path = join(folder, 'cases.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('views', () => {
  const build = async (view = CASES) => {
    const service = openSqliteService(path, 'cases');
    const runner = new ViewRunner(service.log, service.views, [view], { onError: console.error });
    await runner.start();
    await runner.caughtUp(await service.log.lastPosition());
    await runner.stop();
    return service;
  };
  const dump = () => {
    const db = new DatabaseSync(path);
    const rows = db.prepare('SELECT * FROM "view:cases@1" ORDER BY id').all();
    db.close();
    return rows;
  };

  it.each(['DROP TABLE "view:cases@1"', 'DELETE FROM views', 'DROP TABLE "view:cases@1"; DELETE FROM views'])(
    'come back the same after %s',
    async (damage) => {
      const { log, close } = openSqliteService(path, 'cases');
      for (let n = 0; n < 5; n++) await push(log, `cases/case-${n}`, 'CaseOpened');
      await close();
      await (await build()).close();
      const before = dump();
      expect(before).toHaveLength(5);
      const db = new DatabaseSync(path);
      db.exec(damage);
      db.close();
      await (await build()).close();
      expect(dump()).toEqual(before);
    },
  );

  it('give back the room of the build before', async () => {
    const { log, close } = openSqliteService(path, 'cases');
    await push(log, CASE, 'CaseOpened');
    await close();
    for (const version of [1, 2, 1]) await (await build({ ...CASES, version })).close();
    const db = new DatabaseSync(path);
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'view:%'").all();
    expect(tables.map(({ name }) => name)).toEqual(['view:cases@1']);
    db.close();
  });

  it('of a data file whose register knew one build a view are read until the new ones are built', async () => {
    const { log, close } = openSqliteService(path, 'cases');
    await push(log, CASE, 'CaseOpened');
    await close();
    await (await build()).close();
    const db = new DatabaseSync(path);
    db.exec(`CREATE TABLE one (name TEXT PRIMARY KEY, definition TEXT NOT NULL, checkpoint INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      INSERT INTO one SELECT name, definition, checkpoint FROM views; DROP TABLE views; ALTER TABLE one RENAME TO views`);
    db.close();
    const service = openSqliteService(path, 'cases');
    const next = { ...CASES, version: 2 };
    await service.views.declare([next]);
    expect(await service.views.checkpoint(next)).toBe(0);
    expect(await service.views.get(next, CASE)).toMatchObject({ status: 'open' });
    await service.views.declare([CASES]);
    expect(await service.views.checkpoint(CASES)).toBe(1);
    await service.close();
  });

  it('are read without a declaration as they were left, by who only looks', async () => {
    const { log, close } = openSqliteService(path, 'cases');
    await push(log, CASE, 'CaseOpened');
    await close();
    await (await build()).close();
    const { views, close: closeAgain } = openSqliteService(path, 'cases');
    expect(await views.get(CASES, CASE)).toMatchObject({ status: 'open' });
    await expect(views.get({ ...CASES, readsSince: 2, version: 2 }, CASE)).rejects.toThrow('not built');
    await closeAgain();
  });

  it('leave the log durable at every commit', async () => {
    const { db, close } = openDataFile(path, 'cases');
    const store = new SqliteViewStore(db);
    await store.declare([CASES]);
    await store.advance(CASES, 0, 1, []);
    await expect(store.advance(CASES, 0, 1, [])).rejects.toThrow(CheckpointMoved);
    expect(db.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    close();
  });

  it.each<[string, Omit<ViewQuery<Row>, 'anyOf' | 'limit'>, string]>([
    ['asc', { sort: { field: 'at', direction: 'asc' } }, 'doc.at>?'],
    ['desc', { sort: { field: 'at', direction: 'desc' } }, 'doc.at>?'],
    ['asc, range', { sort: { field: 'at', direction: 'asc' }, range: RANGE }, 'doc.at>? AND doc.at<?'],
    [
      'asc, range, page',
      { sort: { field: 'at', direction: 'asc' }, range: RANGE, after: END },
      '(doc.at,id)>(?,?) AND doc.at<?',
    ],
    [
      'desc, range, page',
      { sort: { field: 'at', direction: 'desc' }, range: RANGE, after: END },
      'doc.at>? AND (doc.at,id)<(?,?)',
    ],
  ])('are asked by seeking in a declared index, without sorting: %s', async (_, query, seek) => {
    const { db, close } = openDataFile(path, 'cases');
    await new SqliteViewStore(db).declare([CASES]);
    const { sql, parameters } = pageStatement(
      CASES,
      { anyOf: [{ status: 'open' }], limit: 10, ...query },
      documentsOf(CASES),
    );
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters);
    expect(plan.map(({ detail }) => detail)).toEqual([
      'CO-ROUTINE (subquery-1)',
      `SEARCH view:cases@1 USING INDEX view:cases@1(status,at) (doc.status=? AND ${seek})`,
      'SCAN (subquery-1)',
      'SEARCH view:cases@1 USING INDEX sqlite_autoindex_view:cases@1_1 (id=?)',
    ]);
    close();
  });
});
