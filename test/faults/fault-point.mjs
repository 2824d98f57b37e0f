/**
 * Makes a process fail at one exact point of its work with SQLite, without a change to its code: `node --import <this file>`, and in
 * FAULT_POINT `<how>:<table>:<nth>` or `<how>:<table>:<from>-<to>`, counted over transactions that wrote to the table:
 *
 *   before   is killed before the commit            full    the commit fails, SQLite has rolled back (SQLITE_FULL)
 *   after    is killed right after the commit       ioerr   the commit fails, the transaction is still open (SQLITE_IOERR)
 *
 * and counted over statements that write to the table:
 *
 *   at       is killed before the statement         nospace the file may not grow, as SQLite itself then finds
 */
import { writeSync } from 'node:fs';
import { DatabaseSync, StatementSync } from 'node:sqlite';

const [how, table, range] = process.env.FAULT_POINT.split(':');
const [from, to = from] = range.split('-').map(Number);
const write = /^\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM)\s+"?([\w-]+)/i;

/** statement → its database; database → the tables written to in its transaction */
const databases = new WeakMap();
const written = new WeakMap();
let count = 0;

const { exec, prepare } = DatabaseSync.prototype;

DatabaseSync.prototype.prepare = function (...args) {
  const statement = prepare.apply(this, args);
  databases.set(statement, this);
  return statement;
};
DatabaseSync.prototype.exec = function (sql) {
  return run(this, sql, () => exec.call(this, sql));
};
for (const name of ['run', 'get', 'all']) {
  const original = StatementSync.prototype[name];
  StatementSync.prototype[name] = function (...args) {
    return run(databases.get(this), this.sourceSQL, () => original.apply(this, args));
  };
}

function run(db, sql, work) {
  if (/^\s*BEGIN/i.test(sql)) written.set(db, new Set());
  if (/^\s*(COMMIT|END)/i.test(sql)) return commit(db, work);
  const name = write.exec(sql)?.[1];
  if (name === undefined) return work();
  written.get(db)?.add(name);
  if (name === table && how === 'at' && counted()) die();
  if (name === table && how === 'nospace') limit(db);
  return work();
}

function commit(db, work) {
  const isOurs = written.get(db)?.has(table) && ['before', 'after', 'full', 'ioerr'].includes(how) && counted();
  if (!isOurs) return work();
  if (how === 'before') die();
  if (how === 'after') {
    work();
    die();
  }
  if (how === 'full') exec.call(db, 'ROLLBACK');
  tell();
  throw failure();
}

/** One more; whether it is one that is to fail. */
function counted() {
  count += 1;
  return count >= from && count <= to;
}

function limit(db) {
  const isFull = counted();
  if (isFull) tell();
  exec.call(db, `PRAGMA max_page_count = ${isFull ? 1 : 2 ** 30}`);
}

function failure() {
  const [errcode, errstr] = how === 'full' ? [13, 'database or disk is full'] : [10, 'disk I/O error'];
  return Object.assign(new Error(errstr), { code: 'ERR_SQLITE_ERROR', errcode, errstr });
}

function die() {
  tell();
  process.kill(process.pid, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function tell() {
  writeSync(2, `fault point ${process.env.FAULT_POINT} is reached\n`);
}
