import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { StorageUnavailable, WrongExpectedVersion, type View } from '@ihala/event-log';
import { assertContiguous, event, published, push } from '@ihala/event-log/conformance';
import { describeWith } from '@ihala/test-servers';
import { CuttingProxy, type Cut } from './cutting-proxy.fixtures.js';
import type { MongoService } from './index.js';
import { TestDatabase } from './server.fixtures.js';
import { until } from './waiting.fixtures.js';

const CASE = 'cases/case-aminata';
const OPENED = { writes: [{ stream: CASE, expectedVersion: 0, events: [event('CaseOpened')] }] };

// the driver itself tries each commit twice
const ALL_LOST: readonly Cut[] = ['answer', 'answer'];

await describeWith('mongodb', 'a commit that is sent and not answered', (uri) => {
  let database: TestDatabase;
  let proxy: CuttingProxy;
  let proxied: string;
  let service: MongoService;

  beforeEach(async () => {
    database = await TestDatabase.make(uri);
    const [, host, port] = /\/\/([^:,/]+):(\d+)/.exec(uri)!;
    proxy = new CuttingProxy({ host: host!, port: Number(port) });
    proxied = await proxy.start();
    service = await database.open({}, proxied);
  });
  afterEach(async () => {
    await database.drop();
    await proxy.stop();
  }, 30_000);

  const cut = (...cuts: readonly Cut[]) => void proxy.cuts.push(...cuts);

  it.each<[string, readonly Cut[]]>([
    ['its answer is lost again and again', ALL_LOST],
    ['its answer is lost in every attempt', [...ALL_LOST, ...ALL_LOST, ...ALL_LOST]],
    ['it is lost itself', ['commit', 'commit']],
    ['it is lost first, and then its answer', ['commit', 'answer', 'answer', 'commit', 'commit']],
  ])(
    'is answered as it is, when %s',
    async (_, cuts) => {
      cut(...cuts);
      expect(await service.log.append(OPENED)).toEqual({ replayed: false, versions: [{ stream: CASE, version: 1 }] });
      expect(proxy.done).toBe(cuts.length);
      expect(await assertContiguous(service.log)).toHaveLength(1);
      await push(service.log, CASE, 'ConsentGiven');
      expect(await assertContiguous(service.log)).toHaveLength(2);
      // what was lost itself holds the counter until the server ends it
    },
    30_000,
  );

  it('is answered as it is to each of a group, the refused ones too', async () => {
    await push(service.log, CASE, 'CaseOpened');
    cut(...ALL_LOST);
    const appends = Array.from({ length: 20 }, (_, n) =>
      service.log.append({
        writes: [{ stream: n % 4 === 0 ? CASE : `cases/case-${n}`, expectedVersion: 0, events: [event('NoteAdded')] }],
        command: { id: `key-${n}`, fingerprint: 'f' },
      }),
    );
    const settled = await Promise.allSettled(appends);
    expect(settled.map(({ status }) => status)).toEqual(
      settled.map((_, n) => (n % 4 === 0 ? 'rejected' : 'fulfilled')),
    );
    expect(settled.some((one) => one.status === 'fulfilled' && one.value.replayed)).toBe(false);
    expect(proxy.done).toBe(2);
    expect(await assertContiguous(service.log)).toHaveLength(16);
  });

  it('is told from what another replica did meanwhile, however alike', async () => {
    const other = await database.open();
    cut('way');
    const mine = service.log.append(OPENED);
    await until(() => proxy.done === 1);
    // waits until the server ends what was not committed
    await other.log.append(OPENED);
    await proxy.start();
    await expect(mine).rejects.toThrow(WrongExpectedVersion);
    expect(await assertContiguous(service.log)).toHaveLength(1);
  }, 30_000);

  it('copies what was offered once', async () => {
    cut(...ALL_LOST);
    await service.log.observe('health', [published('health/referral-a', 1, 0), published('health/referral-a', 2, 1)]);
    expect(proxy.done).toBe(2);
    expect(await assertContiguous(service.log)).toHaveLength(2);
  });

  it('leaves the documents of a view as they were, with the checkpoint, when it is lost for good', async () => {
    const tally: View<{ count: number }> = {
      name: 'tally',
      version: 1,
      handles: ['CaseOpened'],
      indexes: [],
      fold: async (_, docs) => docs.put('all', { count: ((await docs.get('all'))?.count ?? 0) + 1 }),
    };
    await service.log.append(OPENED);
    const events = await assertContiguous(service.log);
    const other = await database.open();
    for (const { views } of [service, other]) await views.declare([tally]);
    cut('way');
    await expect(service.views.advance(tally, 0, 1, events)).rejects.toThrow(StorageUnavailable);
    expect(await other.views.checkpoint(tally)).toBe(0);
    // waits until the server ends what was not committed
    await other.views.advance(tally, 0, 1, events);
    expect(await other.views.get(tally, 'all')).toEqual({ count: 1 });
    await proxy.start();
  }, 60_000);

  it('is given up on when it takes too long, and says so', async () => {
    const impatient = await database.open({ patienceMs: 200 }, proxied);
    cut(...Array.from({ length: 400 }, () => 'answer' as const));
    await expect(impatient.log.append(OPENED)).rejects.toThrow(StorageUnavailable);
    proxy.cuts.splice(0);
    expect(await assertContiguous(service.log)).toHaveLength(1);
  });

  it('is not even tried while the server is away, which is said as such, and is again when it is back', async () => {
    const impatient = await database.open({ patienceMs: 200 }, proxied);
    await push(impatient.log, CASE, 'CaseOpened');
    await proxy.stop();
    const away = await Promise.allSettled([
      impatient.log.append(OPENED),
      impatient.log.observe('health', [published('health/referral-a', 1, 0)]),
      impatient.log.head(),
      impatient.requireWritable(),
      Array.fromAsync(impatient.log.readStream(CASE)),
      impatient.reactions.checkpoint('relay'),
      impatient.reactions.moveCheckpoint('relay', 0, 1),
    ]);
    for (const refused of away) expect(refused).toMatchObject({ reason: expect.any(StorageUnavailable) });
    await proxy.start();
    await impatient.requireWritable();
    expect(await push(impatient.log, CASE, 'ConsentGiven')).toBe(2);
  }, 30_000);

  it('keeps nobody from closing while the server is away', async () => {
    const works: boolean[] = [];
    const work = { start: () => void works.push(true), stop: async () => void works.push(false) };
    service.lease.keep(work, () => {});
    await until(() => works.length === 1);
    await proxy.stop();
    await service.close();
    expect([works, service.connection.readyState]).toEqual([[true, false], 0]);
    await proxy.start();
  }, 30_000);
});
