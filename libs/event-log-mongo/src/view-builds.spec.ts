import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedEvent, View, ViewStore } from '@ihala/event-log';
import { published } from '@ihala/event-log/conformance';
import { describeWith } from '@ihala/test-servers';
import { collectionsOf, databaseOf } from './collections.js';
import type { MongoService } from './index.js';
import { TestDatabase } from './server.fixtures.js';

type Row = { readonly version: number; readonly at: number };
const cases = (version: number): View<Row> => ({
  name: 'cases',
  version,
  handles: ['CaseOpened'],
  indexes: [['at']],
  fold: ({ position }, docs) => docs.put(`case-${position}`, { version, at: position }),
});
const opened = (position: number): RecordedEvent => ({ ...published(`cases/${position}`, 1, position - 1), position });

await describeWith('mongodb', 'builds of a view, in a rolling upgrade', (uri) => {
  let database: TestDatabase;
  let before: MongoService;
  let after: MongoService;

  beforeEach(async () => {
    database = await TestDatabase.make(uri);
    [before, after] = [await database.open(), await database.open()];
    await build(before.views, 1);
  });
  afterEach(() => database.drop());

  const build = async (views: ViewStore, version: number) => {
    await views.declare([cases(version)]);
    await views.advance(cases(version), 0, 2, [opened(1), opened(2)]);
    await views.serve(cases(version));
  };
  const listed = async ({ views }: MongoService, version: number) => {
    const query = { anyOf: [{}], sort: { field: 'at', direction: 'asc' }, limit: 10 } as const;
    return (await views.find(cases(version), query)).items.map(({ doc }) => [doc.version, doc.at]);
  };
  /** So that nobody goes on with what it believed. */
  const forget = () => sleep(1100);

  it('goes on reading and folding the old one where the old program runs', async () => {
    await build(after.views, 2);
    await forget();
    expect([await listed(before, 1), await listed(after, 2)]).toEqual([
      [
        [1, 1],
        [1, 2],
      ],
      [
        [2, 1],
        [2, 2],
      ],
    ]);
    await before.views.advance(cases(1), 2, 3, [opened(3)]);
    // one more replica of the new program starts
    await (await database.open()).views.declare([cases(2)]);
    await forget();
    expect([(await listed(before, 1)).length, (await listed(after, 2)).length]).toEqual([3, 2]);
  });

  it('leaves the new one be when a replica of the old program starts once more', async () => {
    await after.views.declare([cases(2)]);
    await after.views.advance(cases(2), 0, 1, [opened(1)]);
    await (await database.open()).views.declare([cases(1)]);
    await forget();
    await after.views.advance(cases(2), 1, 2, [opened(2)]);
    expect(await listed(before, 1)).toHaveLength(2);
    expect(await after.views.checkpoint(cases(2))).toBe(2);
  });

  it('drops the old one when its time is over, and says so to whoever still asks', async () => {
    await build(after.views, 2);
    const { views } = collectionsOf(after.connection);
    await views.updateMany({ retiredAt: { $exists: true } }, [
      { $set: { retiredAt: { $subtract: ['$retiredAt', 3_700_000] } } },
    ]);
    await after.views.declare([cases(2)]);
    await forget();
    await expect(listed(before, 1)).rejects.toThrow('not declared');
    await expect(before.views.advance(cases(1), 2, 3, [opened(3)])).rejects.toThrow('not declared');
    const collections = await databaseOf(after.connection)
      .listCollections({ name: /^view:/ })
      .toArray();
    expect(collections).toHaveLength(1);
  });

  it('makes one build though many declare it at once', async () => {
    const replicas = await Promise.all(Array.from({ length: 5 }, () => database.open()));
    await Promise.all(replicas.map((replica) => replica.views.declare([cases(2)])));
    await replicas[0]!.views.advance(cases(2), 0, 1, [opened(1)]);
    for (const { views } of replicas) expect(await views.checkpoint(cases(2))).toBe(1);
    const collections = await databaseOf(after.connection)
      .listCollections({ name: /^view:/ })
      .toArray();
    expect(collections).toHaveLength(2);
  });
});
