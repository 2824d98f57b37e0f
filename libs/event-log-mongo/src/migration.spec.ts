import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Connection } from 'mongoose';
import { assertContiguous, push } from '@ihala/event-log/conformance';
import { describeWith } from '@ihala/test-servers';
import { databaseOf } from './collections.js';
import { connect, migrate, openMongoService, WrongSchema } from './index.js';
import { TestDatabase } from './server.fixtures.js';

const UNIQUE: readonly (readonly [collection: string, key: object])[] = [
  ['events', { stream: 1, version: -1 }],
  ['events', { sequence: 1 }],
  ['events', { source: 1, sourceSequence: 1 }],
  ['views', { name: 1, definition: 1 }],
  ['parked', { place: 1 }],
];
const OTHERS: readonly (readonly [collection: string, key: object])[] = [
  ['events', { caseId: 1, _id: 1 }],
  ['parked', { reaction: 1, target: 1, place: 1 }],
];

await describeWith('mongodb', 'the migration step', (uri) => {
  let database: TestDatabase;
  let connections: Connection[];

  beforeEach(async () => {
    database = new TestDatabase(uri);
    connections = await Promise.all(Array.from({ length: 4 }, () => connect(uri, { database: database.name })));
  });
  afterEach(async () => {
    await Promise.all(connections.map((connection) => connection.close()));
    await database.drop();
  });

  const indexes = async () => {
    const db = databaseOf(connections[0]!);
    const named = [...new Set([...UNIQUE, ...OTHERS].map(([name]) => name))];
    const found = await Promise.all(named.map(async (name) => [name, await db.collection(name).indexes()] as const));
    return found.flatMap(([name, all]) =>
      all.filter(({ key }) => !('_id' in key) || 'caseId' in key).map((index) => ({ name, index })),
    );
  };

  it('makes every index, run by four replicas at once and again later', async () => {
    await Promise.all(connections.map((connection) => migrate(connection, 'cases')));
    const made = await indexes();
    const unique = made.filter(({ index }) => index.unique).map(({ name, index }) => [name, index.key]);
    const others = made.filter(({ index }) => !index.unique).map(({ name, index }) => [name, index.key]);
    expect([unique, others]).toEqual([expect.arrayContaining([...UNIQUE]), expect.arrayContaining([...OTHERS])]);
    expect(made).toHaveLength(UNIQUE.length + OTHERS.length);
    await migrate(connections[1]!, 'cases');
    expect(await indexes()).toEqual(made);
  });

  it('leaves what is there as it is', async () => {
    await migrate(connections[0]!, 'cases');
    const { log } = await database.open();
    await push(log, 'cases/case-a', 'CaseOpened');
    const before = await assertContiguous(log);
    await Promise.all(connections.map((connection) => migrate(connection, 'cases')));
    await push(log, 'cases/case-a', 'ConsentGiven');
    expect((await assertContiguous(log)).slice(0, 1)).toEqual(before);
  });

  it('is to be run before a service is opened', async () => {
    await expect(openMongoService(uri, 'cases', { database: database.name })).rejects.toThrow(WrongSchema);
  });

  it('refuses the database of another service, and one of a newer version', async () => {
    await migrate(connections[0]!, 'cases');
    await expect(migrate(connections[0]!, 'health')).rejects.toThrow('belongs to cases');
    await expect(openMongoService(uri, 'health', { database: database.name })).rejects.toThrow('belongs to cases');
    await databaseOf(connections[0]!)
      .collection<{ _id: string }>('schema')
      .updateOne({ _id: 'schema' }, { $inc: { version: 7 } });
    await expect(migrate(connections[0]!, 'cases')).rejects.toThrow('knows up to');
    await expect(database.open()).rejects.toThrow('knows up to');
  });
});
