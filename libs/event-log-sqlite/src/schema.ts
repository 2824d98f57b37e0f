import type { DatabaseSync } from 'node:sqlite';
import { transaction } from './transaction.js';

/** One step for each version of the data file; step n leads to `user_version` n + 1. Steps are never changed once released. */
const MIGRATIONS = [
  `
  CREATE TABLE owner (service TEXT NOT NULL) STRICT;

  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    source TEXT,              -- NULL: an event of this service
    sequence INTEGER NOT NULL,
    recorded_at TEXT NOT NULL,
    case_id TEXT,             -- copied from the body, to search by
    body TEXT NOT NULL        -- the rest of the envelope, JSON
  ) STRICT;
  CREATE UNIQUE INDEX events_by_stream ON events (stream, version);
  CREATE UNIQUE INDEX events_own ON events (sequence) WHERE source IS NULL;
  CREATE UNIQUE INDEX events_observed ON events (source, sequence) WHERE source IS NOT NULL;
  CREATE INDEX events_by_case ON events (case_id, position) WHERE case_id IS NOT NULL;

  CREATE TABLE commands (
    id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    versions TEXT NOT NULL    -- JSON
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE sources (
    source TEXT PRIMARY KEY,
    complete_up_to TEXT,
    forked_stream TEXT,
    forked_version INTEGER
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE reactions (
    reaction TEXT PRIMARY KEY,
    checkpoint INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE parked (
    place INTEGER PRIMARY KEY, -- the order in which errands were parked
    id TEXT NOT NULL UNIQUE,
    reaction TEXT NOT NULL,
    target TEXT NOT NULL,
    errand TEXT NOT NULL       -- JSON
  ) STRICT;
  CREATE INDEX parked_by_target ON parked (reaction, target, place);
  `,
  // Ids are random: as the table's key they made every append rewrite a page of its own, far from all others. Rows stand in the
  // order of their commits now, and of the id only so much is sorted as finds it: an eighth as many pages are touched.
  `
  ALTER TABLE commands RENAME TO commands_by_id;
  CREATE TABLE commands (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,         -- unique: looked up in the transaction that adds it
    fingerprint TEXT NOT NULL,
    versions TEXT NOT NULL    -- JSON
  ) STRICT;
  INSERT INTO commands (id, fingerprint, versions) SELECT id, fingerprint, versions FROM commands_by_id;
  DROP TABLE commands_by_id;
  CREATE INDEX commands_begin ON commands (substr(id, 1, 6));
  `,
];

/** Of the files that this code writes; older ones it upgrades, newer ones it refuses. */
export const formatVersion = MIGRATIONS.length;

/**
 * Brings a data file, new or old, to the version this code works with.
 * @throws Error when it is of a newer version, or of another service
 */
export function migrate(db: DatabaseSync, service: string): void {
  const { user_version: found } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (found > formatVersion) {
    throw new Error(
      `${db.location() ?? 'the data file'} has version ${found}, this program knows up to ${formatVersion}: ` +
        'start the newer Ihala that wrote it, or restore a backup that was made before',
    );
  }
  if (found < formatVersion) {
    transaction(db, () => {
      for (const step of MIGRATIONS.slice(found)) db.exec(step);
      if (found === 0) db.prepare('INSERT INTO owner (service) VALUES (?)').run(service);
      db.exec(`PRAGMA user_version = ${formatVersion}`);
    });
  }
  const owner = db.prepare('SELECT service FROM owner').get() as { service: string };
  if (owner.service !== service)
    throw new Error(`${db.location() ?? 'the data file'} belongs to ${owner.service}, not to ${service}`);
}
