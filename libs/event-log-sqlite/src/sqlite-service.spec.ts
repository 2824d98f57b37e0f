import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StorageUnavailable } from '@ihala/event-log';
import { assertContiguous, event, push } from '@ihala/event-log/conformance';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openDataFile } from './data-file.js';
import { DataFileInUse, openSqliteService, SqliteEventLog } from './index.js';

const CASE = 'cases/case-aminata';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ihala-sqlite-'));
  path = join(folder, 'deep', 'cases.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the data file', () => {
  it('is made for its owner alone to read', async () => {
    const { log, close } = openSqliteService(path, 'cases');
    await push(log, CASE, 'CaseOpened');
    for (const suffix of ['', '-wal', '-lock']) expect(statSync(path + suffix).mode & 0o777).toBe(0o600);
    await close();
  });

  it('is opened once at a time, and again after it was closed', async () => {
    const first = openSqliteService(path, 'cases');
    expect(() => openSqliteService(path, 'cases')).toThrow(DataFileInUse);
    await push(first.log, CASE, 'CaseOpened');
    await first.close();
    const second = openSqliteService(path, 'cases');
    expect(await assertContiguous(second.log)).toHaveLength(1);
    await second.close();
  });

  it('can be looked into while it is open', async () => {
    const { log, close } = openSqliteService(path, 'cases');
    await push(log, CASE, 'CaseOpened');
    const reader = new DatabaseSync(path, { readOnly: true });
    expect(reader.prepare('SELECT stream, version FROM events').get()).toEqual({ stream: CASE, version: 1 });
    reader.close();
    await close();
  });

  it('of a newer version is refused, and so is that of another service', async () => {
    await openSqliteService(path, 'cases').close();
    expect(() => openSqliteService(path, 'health')).toThrow('belongs to cases, not to health');
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(() => openSqliteService(path, 'cases')).toThrow('has version 99, this program knows up to 3');
  });

  it('of version 2 is brought up to date, its commands too', async () => {
    const { log, close } = openSqliteService(path, 'cases');
    const ids = ['key-10', 'key-100', 'k', 'key-11'];
    for (const [n, id] of ids.entries()) {
      const writes = [{ stream: `cases/case-${n}`, expectedVersion: 0, events: [event('CaseOpened')] }];
      await log.append({ writes, command: { id, fingerprint: `f${n}` } });
    }
    await close();
    const db = new DatabaseSync(path);
    db.exec(`CREATE TABLE old (id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, versions TEXT NOT NULL) STRICT, WITHOUT ROWID;
      INSERT INTO old SELECT id, fingerprint, versions FROM commands; DROP TABLE commands;
      ALTER TABLE old RENAME TO commands; PRAGMA user_version = 2`);
    db.close();
    const opened = openSqliteService(path, 'cases');
    for (const [n, id] of ids.entries()) {
      const versions = [{ stream: `cases/case-${n}`, version: 1 }];
      expect(await opened.log.findCommand(id)).toEqual({ id, fingerprint: `f${n}`, versions });
    }
    expect(await opened.log.findCommand('key-1')).toBeUndefined();
    const again = { writes: [], command: { id: 'key-11', fingerprint: 'f3' } };
    expect((await opened.log.append(again)).replayed).toBe(true);
    await opened.close();
  });

  it('finds a command among many by its id alone', () => {
    const { db, close } = openDataFile(path, 'cases');
    const plan = db
      .prepare('EXPLAIN QUERY PLAN SELECT * FROM commands WHERE substr(id, 1, 6) = substr(?1, 1, 6) AND id = ?1')
      .all('key');
    expect(plan.map(({ detail }) => detail)).toEqual(['SEARCH commands USING INDEX commands_begin (<expr>=?)']);
    close();
  });

  it('may be memory, for tests', async () => {
    const { log, close } = openSqliteService(':memory:', 'cases');
    await push(log, CASE, 'CaseOpened');
    expect(await assertContiguous(log)).toHaveLength(1);
    await close();
  });
});

describe('a commit that fails', () => {
  const append = (log: SqliteEventLog, n: number, text = '') =>
    log.append({
      writes: [{ stream: `cases/case-${n}`, expectedVersion: 0, events: [event('CaseOpened', { text })] }],
    });

  it('acknowledges nothing, and leaves no hole', async () => {
    const { db, close } = openDataFile(path, 'cases');
    const log = new SqliteEventLog(db, 'cases');
    await append(log, 1);
    // a constraint that SQLite checks at COMMIT, broken by one append of three
    db.exec(`
      CREATE TABLE missing (id INTEGER PRIMARY KEY);
      CREATE TABLE late (id INTEGER REFERENCES missing DEFERRABLE INITIALLY DEFERRED);
      CREATE TRIGGER break_commit AFTER INSERT ON events WHEN new.stream = 'cases/case-3'
        BEGIN INSERT INTO late VALUES (1); END`);
    const results = await Promise.allSettled([append(log, 2), append(log, 3), append(log, 4)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await assertContiguous(log)).toHaveLength(1);
    await append(log, 5);
    expect(await assertContiguous(log)).toHaveLength(2);
    close();
  });

  it('takes back a single append whole, if that is all that fails', async () => {
    const { db, close } = openDataFile(path, 'cases');
    const log = new SqliteEventLog(db, 'cases');
    db.exec(`CREATE TRIGGER break_append BEFORE INSERT ON events WHEN new.version = 2
      BEGIN SELECT RAISE(ABORT, 'broken'); END`);
    const events = [event('CaseOpened'), event('ConsentGiven')];
    const broken = log.append({ writes: [{ stream: 'cases/case-2', expectedVersion: 0, events }] });
    const results = await Promise.allSettled([append(log, 1), broken, append(log, 3)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await assertContiguous(log)).map(({ stream }) => stream)).toEqual(['cases/case-1', 'cases/case-3']);
    close();
  });

  it('for want of disk space takes nothing back that was acknowledged', async () => {
    const { db, close } = openDataFile(path, 'cases');
    const log = new SqliteEventLog(db, 'cases');
    db.exec('PRAGMA max_page_count = 60');
    const acknowledged: number[] = [];
    const refusals: unknown[] = [];
    const attempt = (n: number) =>
      append(log, n, 'x'.repeat(10_000)).then(
        () => acknowledged.push(n),
        (error: unknown) => refusals.push(error),
      );
    await Promise.all(Array.from({ length: 60 }, (_, n) => attempt(n)));
    for (let n = 100; n < 160; n++) await attempt(n);
    for (const refusal of refusals) expect(refusal).toBeInstanceOf(StorageUnavailable);
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(acknowledged.length).toBeLessThan(120);
    expect(new Set((await assertContiguous(log)).map(({ stream }) => stream))).toEqual(
      new Set(acknowledged.map((n) => `cases/case-${n}`)),
    );
    db.exec('PRAGMA max_page_count = 100000');
    await append(log, 999);
    close();
  });
});

describe('a service whose disk has no room', () => {
  it('is not writable until it has, and leaves nothing of having tried', async () => {
    const { log, requireWritable, close } = openSqliteService(path, 'cases');
    await requireWritable();
    const full = new DatabaseSync(path);
    // what another program holds is as good as full, and needs no disk of its own
    full.exec('BEGIN IMMEDIATE');
    await expect(requireWritable()).rejects.toThrow(StorageUnavailable);
    await expect(push(log, CASE, 'CaseOpened')).rejects.toThrow(StorageUnavailable);
    full.exec('ROLLBACK');
    await requireWritable();
    await push(log, CASE, 'CaseOpened');
    expect(full.prepare("SELECT name FROM sqlite_schema WHERE name = 'probe'").all()).toEqual([]);
    full.close();
    await close();
  }, 20_000);
});
