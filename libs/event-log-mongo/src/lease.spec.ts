import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { CheckpointMoved, type RecordedEvent, type View } from '@ihala/event-log';
import { published } from '@ihala/event-log/conformance';
import { describeWith } from '@ihala/test-servers';
import { LeaseLost, type MongoService } from './index.js';
import { ReplicaProcess } from './replica-process.fixtures.js';
import { TestDatabase } from './server.fixtures.js';
import { until } from './waiting.fixtures.js';

const opened: View<{ n: number }> = {
  name: 'opened',
  version: 1,
  handles: ['CaseOpened'],
  indexes: [],
  fold: ({ position }, docs) => docs.put('last', { n: position }),
};
const batch: readonly RecordedEvent[] = [{ ...published('cases/case-a', 1, 0), position: 1 }];

await describeWith('mongodb', 'a lease', (uri) => {
  let database: TestDatabase;
  let replicas: ReplicaProcess[];

  beforeEach(async () => {
    database = await TestDatabase.make(uri);
    replicas = [];
  });
  afterEach(async () => {
    await Promise.all(replicas.map((replica) => replica.kill()));
    // what a killed one left open holds it up until the server ends that
    await database.drop();
  }, 30_000);

  /** Says with `true` when its work starts, with `false` when it stops. */
  const keep = async (leaseMs: number): Promise<{ service: MongoService; works: boolean[] }> => {
    const service = await database.open({ leaseMs });
    const works: boolean[] = [];
    service.lease.keep({ start: () => void works.push(true), stop: async () => void works.push(false) }, (error) =>
      expect(error).toBe(0),
    );
    return { service, works };
  };
  const start = (clockMs?: number) => {
    const replica = new ReplicaProcess(uri, database.name, 'relay', clockMs);
    replicas.push(replica);
    return replica;
  };

  it('is one process’s at a time, and another’s as soon as it is given back', async () => {
    const first = await keep(60_000);
    await until(() => first.works.length === 1);
    const second = await keep(300);
    await sleep(500);
    expect(second.works).toEqual([]);
    await first.service.lease.end();
    expect(first.works).toEqual([true, false]);
    await until(() => second.works.length === 1);
  });

  it('is prolonged for as long as its holder lives', async () => {
    const first = await keep(400);
    await until(() => first.works.length === 1);
    const second = await keep(400);
    await sleep(1500);
    expect([first.works, second.works]).toEqual([[true], []]);
  });

  it('is prolonged while its work takes long to start', async () => {
    let starting = false;
    let goOn = () => {};
    const long = new Promise<void>((resolve) => (goOn = resolve));
    const first = await database.open({ leaseMs: 1500 });
    const start = () => {
      starting = true;
      return long;
    };
    first.lease.keep({ start, stop: async () => {} }, (error) => expect(error).toBe(0));
    await until(() => starting);
    const second = await keep(1500);
    await sleep(4000);
    const meanwhile = [...second.works];
    goOn();
    expect(meanwhile).toEqual([]);
    await first.lease.end();
    await until(() => second.works.length === 1);
  }, 30_000);

  it('has its work started again when that failed', async () => {
    const { lease } = await database.open({ leaseMs: 300 });
    const failures: readonly (() => Promise<void> | void)[] = [
      () => {
        throw new Error('at once');
      },
      () => Promise.reject(new Error('later')),
      () => {},
    ];
    let starts = 0;
    const errors: string[] = [];
    lease.keep({ start: () => failures[starts++]!(), stop: async () => {} }, (error) =>
      errors.push((error as Error).message),
    );
    await until(() => starts === 3);
    expect(errors).toEqual(['at once', 'later']);
  });

  it('lets its holder commit, and nobody who keeps it in vain', async () => {
    const [holder, waiting] = [await keep(60_000), await keep(60_000)];
    await until(() => holder.works.length + waiting.works.length === 1);
    const [mine, other] = holder.works.length === 1 ? [holder, waiting] : [waiting, holder];
    for (const { views } of [mine.service, other.service]) await views.declare([opened]);
    await expect(other.service.reactions.moveCheckpoint('relay', 0, 1)).rejects.toThrow(LeaseLost);
    await expect(other.service.views.advance(opened, 0, 1, batch)).rejects.toThrow(LeaseLost);
    expect(await mine.service.views.checkpoint(opened)).toBe(0);
    await mine.service.reactions.moveCheckpoint('relay', 0, 1);
    await mine.service.views.advance(opened, 0, 1, batch);
    await expect(mine.service.reactions.moveCheckpoint('relay', 0, 2)).rejects.toThrow(CheckpointMoved);
  });

  it('compares the epoch, not what its holder believes', async () => {
    const { service, works } = await keep(60_000);
    await until(() => works.length === 1);
    const leases = service.connection.db!.collection<{ _id: string }>('leases');
    await leases.updateOne({ _id: 'cases' }, { $inc: { epoch: 1 }, $set: { holder: 'another' } });
    await expect(service.reactions.moveCheckpoint('relay', 0, 1)).rejects.toThrow(LeaseLost);
    await service.views.declare([opened]);
    await expect(service.views.advance(opened, 0, 1, batch)).rejects.toThrow(LeaseLost);
  });

  it('is lost by a holder that freezes, which finds out when it wakes late, before it commits anything', async () => {
    const first = start();
    await first.says('moved', 5);
    first.freeze();
    const second = start();
    await second.says('moved', 5);
    const taken = Number(second.said('moved')[0]);
    const before = first.lines.length;
    first.thaw();
    await first.says('stopped');
    expect(first.lines.slice(before).filter((line) => Number(line.split(' ')[1]) > taken)).toEqual([]);
    await second.kill();
    await first.says('started', 2);
  }, 30_000);

  it.each([3_600_000, -3_600_000])(
    'is taken from nobody by a clock that is off by %d ms',
    async (clockMs) => {
      const right = start();
      await right.says('moved', 5);
      const wrong = start(clockMs);
      await wrong.says('open');
      await right.says('moved', right.said('moved').length + 200);
      expect([right.said('stopped'), wrong.said('started')]).toEqual([[], []]);
      await right.kill();
      await wrong.says('moved', 5);
    },
    30_000,
  );

  it.each([3_600_000, -3_600_000])(
    'is kept and lost by a holder whose clock is off by %d ms',
    async (clockMs) => {
      const wrong = start(clockMs);
      await wrong.says('moved', 5);
      const right = start();
      await right.says('open');
      await wrong.says('moved', wrong.said('moved').length + 200);
      expect([wrong.said('stopped'), right.said('started')]).toEqual([[], []]);
      await wrong.kill();
      await right.says('moved', 5);
    },
    30_000,
  );
});
