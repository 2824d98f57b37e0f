import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { collect, event, published, randomness, SEED } from '@ihala/event-log/conformance';
import { openSqliteService, type SqliteService } from './index.js';

interface Known {
  readonly id: string;
  readonly stream: string;
  readonly own: boolean;
}

/** What is kept in memory of a log, its end and its streams, never shows: every read is that of the whole log. */
describe(`events that are kept (IHALA_SEED=${SEED})`, () => {
  let service: SqliteService;
  const random = randomness(SEED);
  const all: Known[] = [];
  beforeAll(() => {
    service = openSqliteService(':memory:', 'cases');
  });
  afterAll(() => service.close());

  const longest = 'cases/case-0';
  const idsOf = async (events: AsyncIterable<{ id: string }>) => (await collect(events)).map(({ id }) => id);
  const ids = (events: readonly Known[]) => events.map(({ id }) => id);
  const known = (which: (event: Known) => boolean) => all.filter(which);

  async function happens(): Promise<void> {
    if (random(4) === 0) {
      const sequence = known(({ own }) => !own).length;
      const heard = published(`health/referral-${sequence}`, 1, sequence);
      await service.log.observe('health', [heard]);
      all.push({ ...heard, own: false });
      return;
    }
    const stream = random(3) === 0 ? `cases/case-${random(40)}` : longest;
    const expectedVersion = known((of) => of.stream === stream).length;
    const events = Array.from({ length: 1 + random(5) }, (_, n) => event('Noted', {}, { id: `${all.length + n}` }));
    await service.log.append({ writes: [{ stream, expectedVersion, events }] });
    all.push(...events.map(({ id }) => ({ id, stream, own: true })));
  }

  it('are those that a read of the whole log would give', async () => {
    for (let step = 0; step < 500; step += 1) {
      await happens();
      const [after, limit] = [random(all.length + 2), 1 + random(30)];
      expect(await idsOf(service.log.readLog({ after, limit }))).toEqual(ids(all.slice(after, after + limit)));

      const own = known((of) => of.own);
      const from = Math.max(0, own.length - random(2) * random(own.length) - random(5));
      expect(await idsOf(service.log.readOwn({ from, limit }))).toEqual(ids(own.slice(from, from + limit)));

      const stream = random(2) === 0 ? longest : `cases/case-${random(40)}`;
      const mine = known((of) => of.stream === stream);
      const [first, last] = [1 + random(5), 5 + random(mine.length + 2)];
      const read = service.log.readStream(stream, { from: first, to: last });
      expect(await idsOf(read)).toEqual(ids(mine.slice(first - 1, last)));
    }
    // longer than any stream that is kept, and than the end of a log that is
    expect(known(({ stream }) => stream === longest).length).toBeGreaterThan(300);
    expect(all.length).toBeGreaterThan(600);
  }, 30_000);
});
