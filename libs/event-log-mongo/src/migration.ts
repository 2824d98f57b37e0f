import type { Connection } from 'mongoose';
import { databaseOf, SCHEMAS, type CounterDocument, type SchemaDocument } from './collections.js';

/** One step for each version of the database; each may be run twice, and by two processes at once. Never changed once released. */
const STEPS: readonly ((connection: Connection) => Promise<void>)[] = [
  async (connection) => {
    const models = Object.entries(SCHEMAS).map(([name, schema]) =>
      connection.model(name, schema, name, { overwriteModels: true }),
    );
    await Promise.all(
      models.map(async (model) => {
        await model.createCollection();
        await model.createIndexes();
      }),
    );
    const zero: Omit<CounterDocument, '_id'> = { position: 0, sequence: -1, recordedAt: '', commits: 0 };
    const counters = databaseOf(connection).collection<CounterDocument>('counters');
    await counters.updateOne({ _id: 'log' }, { $setOnInsert: zero }, { upsert: true });
  },
];

/** The database is not as this program needs it. */
export class WrongSchema extends Error {}

/**
 * Brings the database of a service, new or old, to the version that this code works with: collections, indexes, the counter.
 * Safe to run again, and by any number of processes at once.
 * @param connection see `connect` @throws WrongSchema when the database is of a newer version, or of another service
 */
export async function migrate(connection: Connection, service: string): Promise<void> {
  const schema = databaseOf(connection).collection<SchemaDocument>('schema');
  const mine = { $setOnInsert: { service, version: 0 } };
  await schema.updateOne({ _id: 'schema' }, mine, { upsert: true });
  const { version } = await found(connection, service);
  for (const step of STEPS.slice(version)) await step(connection);
  await schema.updateOne({ _id: 'schema' }, { $max: { version: STEPS.length } });
}

/** @throws WrongSchema unless `migrate` has been run for this service, by this version of the program */
export async function assertMigrated(connection: Connection, service: string): Promise<void> {
  const { version } = await found(connection, service);
  if (version < STEPS.length) throw new WrongSchema('the database is not migrated: run the migration step first');
}

async function found(connection: Connection, service: string): Promise<SchemaDocument> {
  const schema = await databaseOf(connection).collection<SchemaDocument>('schema').findOne({ _id: 'schema' });
  if (schema === null) throw new WrongSchema('the database is not migrated: run the migration step first');
  if (schema.service !== service) throw new WrongSchema(`the database belongs to ${schema.service}, not to ${service}`);
  if (schema.version > STEPS.length) {
    throw new WrongSchema(`the database has version ${schema.version}, this program knows up to ${STEPS.length}`);
  }
  return schema;
}
