import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ViewRunner, type View } from '@ihala/event-log';
import { assertContiguous, event, push, randomness, SEED } from '@ihala/event-log/conformance';
import { describeWith } from '@ihala/test-servers';
import { databaseOf } from './collections.js';
import type { MongoService } from './index.js';
import { ReplicaProcess } from './replica-process.fixtures.js';
import { TestDatabase } from './server.fixtures.js';
import { until } from './waiting.fixtures.js';

type Tally = { readonly positions: readonly number[] };
const tally: View<Tally> = {
  name: 'tally',
  version: 1,
  handles: ['NoteAdded'],
  indexes: [],
  async fold({ stream, position }, docs) {
    docs.put(stream, { positions: [...((await docs.get(stream))?.positions ?? []), position] });
  },
};

await describeWith('mongodb', `replicas (IHALA_SEED=${SEED})`, (uri) => {
  let database: TestDatabase;
  let service: MongoService;
  let replicas: ReplicaProcess[];

  beforeEach(async () => {
    database = await TestDatabase.make(uri);
    service = await database.open();
    replicas = [];
  });
  afterEach(async () => {
    await Promise.all(replicas.map((replica) => replica.kill()));
    // what a killed one left open holds it up until the server ends that
    await database.drop();
  }, 30_000);

  const start = (work: 'append' | 'relay', clockMs?: number) => {
    const replica = new ReplicaProcess(uri, database.name, work, clockMs);
    replicas.push(replica);
    return replica;
  };
  const acknowledged = () => replicas.flatMap((replica) => replica.said('appended'));
  /** Everything that was acknowledged is there, each pair whole, and nothing in between is missing. */
  const expectWhole = async () => {
    const said = acknowledged();
    const ids = (await assertContiguous(service.log)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length % 2).toBe(0);
    expect(said.filter((id) => !ids.includes(id))).toEqual([]);
  };

  it('append at once, to the same streams, without a hole or a loss, and are killed while they do', async () => {
    const random = randomness(SEED);
    for (let life = 0; life < 3; life++) {
      const [a, b] = [start('append'), start('append')];
      await Promise.all([a.says('appended', 50), b.says('appended', 50)]);
      await sleep(random(200));
      await a.kill();
      // what a left open ends by itself
      await b.says('appended', b.said('appended').length + 50);
      await b.kill();
    }
    await expectWhole();
  }, 60_000);

  it('keep to guards and versions that another one moved since they last looked', async () => {
    const other = await database.open();
    const [consent, target] = ['cases/consent-a', 'cases/case-a'];
    await push(service.log, consent, 'ConsentGiven');
    await push(service.log, target, 'CaseOpened');
    await push(other.log, consent, 'ConsentWithdrawn');
    const on = (stream: string, expectedVersion: number) => [{ stream, expectedVersion, events: [event('NoteAdded')] }];
    const resting = { writes: on(target, 1), guards: [{ stream: consent, version: 1 }] };
    await expect(service.log.append(resting)).rejects.toMatchObject({ stream: consent, actual: 2 });
    await push(other.log, target, 'NoteAdded');
    await expect(service.log.append({ writes: on(target, 1) })).rejects.toMatchObject({ stream: target, actual: 2 });
    await service.log.append({ writes: on(target, 2), guards: [{ stream: consent, version: 2 }] });
    expect(await assertContiguous(service.log)).toHaveLength(5);
  });

  it('fold one view together, each event once', async () => {
    const other = await database.open();
    const runners = [service, other].map(
      ({ log, views }) =>
        new ViewRunner(log, views, [tally], { onError: (error) => expect(error).toBe(0), batchSize: 3, pollMs: 1 }),
    );
    for (const runner of runners) await runner.start();
    for (let n = 0; n < 60; n++) await push(n % 2 ? service.log : other.log, 'cases/case-a', 'NoteAdded');
    await Promise.all(runners.map((runner) => runner.caughtUp(60)));
    await Promise.all(runners.map((runner) => runner.stop()));
    const upTo60 = Array.from({ length: 60 }, (_, n) => n + 1);
    expect((await service.views.get(tally, 'cases/case-a'))?.positions).toEqual(upTo60);
  }, 30_000);

  it('go on when one freezes in the middle of a transaction, which comes to nothing when it wakes', async () => {
    const frozen = start('append');
    await frozen.says('appended', 20);
    await until(async () => {
      frozen.freeze();
      if (await holdsCounter()) return true;
      frozen.thaw();
      await sleep(7);
      return false;
    });
    const before = await service.log.lastPosition();
    await push(service.log, 'cases/case-other', 'CaseOpened');
    await push(service.log, 'cases/case-other', 'ConsentGiven');
    expect(await service.log.lastPosition()).toBe(before + 2);
    frozen.thaw();
    await frozen.says('appended', frozen.said('appended').length + 20);
    await frozen.kill();
    await expectWhole();
  }, 60_000);

  it.each([3_600_000, -3_600_000])(
    'record the database’s instants when a clock is off by %d ms',
    async (clockMs) => {
      await push(service.log, 'cases/case-a', 'CaseOpened');
      const wrong = start('append', clockMs);
      await wrong.says('appended', 10);
      await wrong.kill();
      await push(service.log, 'cases/case-a', 'ConsentGiven');
      const instants = (await assertContiguous(service.log)).map(({ recordedAt }) => Date.parse(recordedAt));
      const now = ((await databaseOf(service.connection).command({ hello: 1 }))['localTime'] as Date).getTime();
      for (const instant of instants) expect(Math.abs(instant - now)).toBeLessThan(600_000);
    },
    30_000,
  );

  it('keep to a head that one of them gave, whatever the others’ clocks say', async () => {
    const ahead = await database.open({ clock: () => new Date('2030-01-01T00:00:00.000Z') });
    const head = await ahead.log.head();
    await push(service.log, 'cases/case-a', 'CaseOpened');
    const [event] = await assertContiguous(service.log);
    expect(event!.recordedAt >= head.at && event!.sequence > head.sequence).toBe(true);
  });

  /** Whether the frozen process has changed the counter and not committed: another change of it has to wait. */
  const holdsCounter = async () => {
    const counters = databaseOf(service.connection).collection<{ _id: string }>('counters');
    const touch = counters.updateOne({ _id: 'log' }, { $inc: { commits: 1 } }, { maxTimeMS: 100 });
    return touch.then(
      () => false,
      () => true,
    );
  };
});
