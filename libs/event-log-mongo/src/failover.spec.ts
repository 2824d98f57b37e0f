import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertContiguous, event } from '@ihala/event-log/conformance';
import { describeWithOwn, startReplicaSet, type ReplicaSet } from '@ihala/test-servers';
import { connect, type MongoService } from './index.js';
import { command, TestDatabase } from './server.fixtures.js';

await describeWithOwn('mongodb', 'a replica set of three', () => {
  let set: ReplicaSet;
  let database: TestDatabase;
  let services: MongoService[];

  beforeAll(async () => {
    set = await startReplicaSet(3, { parameters: { transactionLifetimeLimitSeconds: 2 } });
    database = await TestDatabase.make(set.address);
    services = [await database.open(), await database.open()];
  }, 120_000);
  afterAll(async () => {
    await database.drop();
    await set.stop();
  }, 60_000);

  /** Appends without end from both replicas, until told to stop. */
  const keepAppending = () => {
    const acknowledged: string[] = [];
    const errors: unknown[] = [];
    let stopped = false;
    const work = async ({ log }: MongoService) => {
      while (!stopped) {
        const id = randomUUID();
        const writes = [{ stream: `cases/case-${id}`, expectedVersion: 0, events: [event('CaseOpened', {}, { id })] }];
        try {
          await log.append({ writes, command: { id, fingerprint: 'f' } });
          acknowledged.push(id);
        } catch (error) {
          errors.push(error);
        }
      }
    };
    const all = Promise.all([...services, ...services, ...services, ...services].map(work));
    return { acknowledged, errors, stop: () => ((stopped = true), all) };
  };

  it('loses its primary by kill -9, twice, and takes it back: no append fails, is lost or is done twice', async () => {
    const { acknowledged, errors, stop } = keepAppending();
    for (let round = 0; round < 2; round++) {
      await sleep(1500);
      const primary = await set.primary();
      const before = acknowledged.length;
      await primary.kill();
      await set.primary();
      while (acknowledged.length < before + 50) await sleep(50);
      await primary.restart();
    }
    await sleep(1500);
    await stop();
    expect(errors).toEqual([]);
    const ids = (await assertContiguous(services[0]!.log)).map(({ id }) => id);
    expect(ids.toSorted()).toEqual(acknowledged.toSorted());
  }, 180_000);

  it('has a primary that freezes, and wakes when there is another', async () => {
    const { acknowledged, errors, stop } = keepAppending();
    await sleep(500);
    const frozen = await set.primary();
    await frozen.freeze();
    await set.primary();
    const before = acknowledged.length;
    while (acknowledged.length < before + 50) await sleep(50);
    await frozen.thaw();
    await sleep(1500);
    await stop();
    expect(errors).toEqual([]);
    const ids = (await assertContiguous(services[0]!.log)).map(({ id }) => id);
    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
  }, 120_000);

  it('is asked to step down in the middle of it all', async () => {
    const { errors, acknowledged, stop } = keepAppending();
    await sleep(500);
    const { port } = await set.primary();
    await command(port, { replSetStepDown: 20, secondaryCatchUpPeriodSecs: 10 });
    const before = acknowledged.length;
    while (acknowledged.length < before + 50) await sleep(50);
    await stop();
    expect(errors).toEqual([]);
    const ids = (await assertContiguous(services[1]!.log)).map(({ id }) => id);
    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
  }, 120_000);

  it.each([
    [60, ['a process that freezes']],
    [5, []],
  ])('is warned of when it lets a transaction live for %d s', async (seconds, warned) => {
    const { port } = await set.primary();
    await command(port, { setParameter: 1, transactionLifetimeLimitSeconds: seconds });
    const warnings: string[] = [];
    const connection = await connect(set.address, {
      database: database.name,
      onWarning: (text) => warnings.push(text),
    });
    await connection.close();
    await command(port, { setParameter: 1, transactionLifetimeLimitSeconds: 2 });
    expect(warnings).toEqual(warned.map((words) => expect.stringContaining(words)));
  });
});
