import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { mongo } from 'mongoose';
import { SourceForked, type JsonObject, type ParkedErrand, type View, type ViewQuery } from '@ihala/event-log';
import { event, published, push } from '@ihala/event-log/conformance';
import { describeWith } from '@ihala/test-servers';
import type { MongoService } from './index.js';
import { TestDatabase } from './server.fixtures.js';

type Row = { readonly status: string; readonly at: string };
const CASES: View<Row> = {
  name: 'cases',
  version: 1,
  handles: ['CasesOpened'],
  indexes: [['status', 'at'], ['at']],
  fold({ data }, docs) {
    for (const [id, doc] of Object.entries(data['rows'] as { [id: string]: Row })) docs.put(id, doc);
  },
};

/** What the server did for a command, from its profiler. */
interface Done {
  readonly command: mongo.Document;
  readonly planSummary?: string;
  readonly docsExamined?: number;
  readonly keysExamined?: number;
  readonly hasSortStage?: boolean;
}

await describeWith('mongodb', 'the cost of', (uri) => {
  let database: TestDatabase;
  let service: MongoService;

  beforeAll(async () => {
    database = await TestDatabase.make(uri);
    service = await database.open();
    const digits = (n: number) => String(n).padStart(4, '0');
    const rows = Array.from({ length: 400 }, (_, n) => [
      `c${digits(n)}`,
      { status: n % 2 ? 'open' : 'closed', at: digits(n >> 3) },
    ]);
    const opened = {
      ...published('cases/x', 1, 0, { rows: Object.fromEntries(rows) as JsonObject }),
      type: 'CasesOpened',
      position: 1,
    };
    await service.views.declare([CASES]);
    await service.views.advance(CASES, 0, 1, [opened]);
    await service.views.serve(CASES);
    const noted = Array.from({ length: 300 }, () => event('NoteAdded', {}, { caseId: 'aminata' }));
    for (const stream of ['cases/case-a', 'cases/case-b'])
      await service.log.append({ writes: [{ stream, expectedVersion: 0, events: noted }] });
  });
  afterAll(() => database.drop());

  /** What the server did for a command on a collection while `work` was done. */
  const watch = async (kind: string, work: () => Promise<unknown>): Promise<readonly Done[]> => {
    const db = service.connection.db!;
    await db.command({ profile: 2 });
    await work();
    await db.command({ profile: 0 });
    const done = await db
      .collection('system.profile')
      .find({ [`command.${kind}`]: { $exists: true } })
      .toArray();
    await db.dropCollection('system.profile');
    return (done as unknown as Done[]).filter(({ command }) => command[kind] !== 'system.profile');
  };

  const at = (n: number, id: number) => ({ value: String(n).padStart(4, '0'), id: `c${String(id).padStart(4, '0')}` });
  it.each<[string, Omit<ViewQuery<Row>, 'limit'>]>([
    ['first', { anyOf: [{ status: 'open' }], sort: { field: 'at', direction: 'asc' } }],
    ['far', { anyOf: [{ status: 'open' }], sort: { field: 'at', direction: 'asc' }, after: at(40, 325) }],
    ['far, downwards', { anyOf: [{ status: 'open' }], sort: { field: 'at', direction: 'desc' }, after: at(10, 83) }],
    [
      'far, in a range',
      {
        anyOf: [{}],
        sort: { field: 'at', direction: 'asc' },
        range: { field: 'at', from: '0005', to: '0048' },
        after: at(40, 325),
      },
    ],
    [
      'far, in a range, downwards',
      {
        anyOf: [{}],
        sort: { field: 'at', direction: 'desc' },
        range: { field: 'at', from: '0005' },
        after: at(10, 83),
      },
    ],
  ])('a page, the %s one, is its length: without sorting, from the index', async (_, query) => {
    const done = await watch('find', () => service.views.find(CASES, { ...query, limit: 5 }));
    const [page] = done.filter(({ command }) => command['hint'] !== undefined);
    expect(page!.planSummary).toContain('IXSCAN');
    expect(page!.hasSortStage).toBeUndefined();
    expect([page!.keysExamined! <= 8, page!.docsExamined! <= 7]).toEqual([true, true]);
  });

  it('an append does not grow with the length of its streams', async () => {
    const fresh = await database.open();
    const done = await watch('aggregate', () => push2(fresh));
    expect(done).toHaveLength(1);
    expect(done[0]!.keysExamined).toBeLessThan(10);
  });

  it('an append is no lookup for what is new, or what this process knows', async () => {
    await push(service.log, 'cases/case-c', 'CaseOpened');
    const looked = await watch('aggregate', () =>
      service.log.append({
        writes: [
          { stream: 'cases/case-c', expectedVersion: 1, events: [event('NoteAdded')] },
          { stream: 'cases/case-d', expectedVersion: 0, events: [event('CaseOpened')] },
        ],
        command: { id: 'key', fingerprint: 'f' },
      }),
    );
    expect(looked).toEqual([]);
  });

  it.each<[string, (service: MongoService) => AsyncIterable<unknown>]>([
    ['of a case', ({ log }) => log.readLog({ after: 550, caseId: 'aminata', limit: 10 })],
    ['of the log', ({ log }) => log.readLog({ after: 550, limit: 10 })],
    ['of own events', ({ log }) => log.readOwn({ from: 550, limit: 10 })],
    ['of a stream', ({ log }) => log.readStream('cases/case-b', { from: 290, to: 299 })],
  ])('reading a part %s is its length', async (_, read) => {
    const done = await watch('find', () => Array.fromAsync(read(service)));
    const [found] = done.filter(({ command }) => command['find'] === 'events');
    expect([found!.keysExamined! <= 12, found!.docsExamined! <= 12, found!.hasSortStage]).toEqual([
      true,
      true,
      undefined,
    ]);
  });

  it('weighing again what is here is its length, and a head that goes back costs one look', async () => {
    const offer = Array.from({ length: 40 }, (_, n) => published('health/referral-a', n + 1, n));
    const at = '2026-11-20T12:00:00.000Z';
    await service.log.observe('health', offer);
    const done = await watch('find', async () => {
      await service.log.observe('health', offer.slice(10, 13));
      await expect(service.log.observe('health', [], { sequence: 20, at })).rejects.toThrow(SourceForked);
    });
    const found = done.filter(({ command }) => command['find'] === 'events');
    expect(found).toHaveLength(2);
    for (const { planSummary, docsExamined } of found) {
      expect(planSummary).not.toContain('COLLSCAN');
      expect(docsExamined).toBeLessThanOrEqual(3);
    }
  });

  it('what is parked is found by its target, and page by page, through an index', async () => {
    const errand = (n: number): ParkedErrand => ({
      ...{ id: `errand-${n}`, reaction: 'relay', occasion: 'o', occasionType: 'CaseOpened', target: `case-${n}` },
      ...{ code: 'errand.failed', attempts: 1, parkedAt: '', triedAt: '' },
    });
    for (let n = 0; n < 60; n++) await service.reactions.park(errand(n));
    const done = await watch('find', async () => {
      await service.reactions.firstFor('relay', 'case-30');
      await service.reactions.list(5, 40);
    });
    expect(done).toHaveLength(2);
    for (const { planSummary, docsExamined, hasSortStage } of done) {
      expect(planSummary).toContain('IXSCAN');
      expect([docsExamined! <= 6, hasSortStage]).toEqual([true, undefined]);
    }
  });
});

const push2 = ({ log }: MongoService) =>
  log.append({
    writes: [{ stream: 'cases/case-a', expectedVersion: 300, events: [event('NoteAdded')] }],
    guards: [{ stream: 'cases/case-b', version: 300 }],
  });
