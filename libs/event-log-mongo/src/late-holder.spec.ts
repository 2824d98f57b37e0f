import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { CheckpointMoved, FollowUps, type Reaction, type RecordedEvent, type View } from '@ihala/event-log';
import { assertContiguous, event, push } from '@ihala/event-log/conformance';
import { describeWith } from '@ihala/test-servers';
import { collectionsOf } from './collections.js';
import { LeaseLost, type MongoService } from './index.js';
import { TestDatabase } from './server.fixtures.js';
import { until } from './waiting.fixtures.js';

type Tally = { readonly count: number };

/** Where a process stands still, and goes on from when it is told to. */
class Freeze {
  reached = false;
  thaw = () => {};
  readonly #thawed = new Promise<void>((resolve) => (this.thaw = resolve));

  here = (): Promise<void> => {
    this.reached = true;
    return this.#thawed;
  };
}

await describeWith('mongodb', 'one that holds the lease, stands still, and wakes when it is another’s', (uri) => {
  let database: TestDatabase;
  let late: MongoService;
  let successor: MongoService;

  beforeEach(async () => {
    database = await TestDatabase.make(uri);
    // so long that the late one does not ask in between, as if it were frozen
    [late, successor] = [await database.open({ leaseMs: 60_000 }), await database.open({ leaseMs: 60_000 })];
  });
  afterEach(() => database.drop(), 30_000);

  const keep = async (service: MongoService, work: { start(): void; stop(): Promise<void> }) => {
    let working = false;
    const start = () => {
      working = true;
      work.start();
    };
    service.lease.keep({ start, stop: work.stop }, (error) => expect(error).toBe(0));
    await until(() => working);
  };
  const expire = () =>
    collectionsOf(late.connection).leases.updateOne({ _id: 'cases' }, { $set: { expiresAt: new Date(0) } });

  it('has a reaction do nothing a second time, nor go back', async () => {
    const freeze = new Freeze();
    const errors: unknown[] = [];
    const follow = (service: MongoService, pause: () => Promise<void> | void) => {
      const { log } = service;
      const carryOut = async ({ id }: RecordedEvent) => {
        await pause();
        const expectedVersion = (await Array.fromAsync(log.readStream('cases/notes'))).length;
        const writes = [{ stream: 'cases/notes', expectedVersion, events: [event('NoteAdded')] }];
        await log.append({ writes, command: { id: `note ${id}`, fingerprint: 'f' } });
      };
      const note: Reaction = {
        name: 'note',
        reactsTo: ['CaseOpened'],
        errands: async (opened) => [{ target: 'cases/notes', carryOut: () => carryOut(opened) }],
      };
      const now = () => '2026-11-20T09:30:00.000Z';
      const onError = (error: unknown) => void errors.push(error);
      return new FollowUps(service, { reactions: [note] }, { now, onError, isTransient: () => true, pollMs: 10 });
    };
    const [first, second] = [follow(late, freeze.here), follow(successor, () => {})];
    await keep(late, { start: () => first.start(), stop: () => first.stop() });
    await push(late.log, 'cases/case-a', 'CaseOpened');
    await until(() => freeze.reached);
    await expire();
    await keep(successor, { start: () => second.start(), stop: () => second.stop() });
    await push(successor.log, 'cases/case-b', 'CaseOpened');
    await until(async () => (await successor.reactions.checkpoint('note')) === 4);
    freeze.thaw();
    await until(() => errors.length > 0);
    expect(errors[0]).toBeInstanceOf(LeaseLost);
    await first.stop();
    expect(await late.reactions.checkpoint('note')).toBe(4);
    expect((await assertContiguous(late.log)).filter(({ type }) => type === 'NoteAdded')).toHaveLength(2);
  });

  it.each<[string, boolean]>([
    ['keeps', true],
    ['does not keep', false],
  ])('has a view fold nothing a second time, where it %s the lease', async (_, kept) => {
    const freeze = new Freeze();
    const tally = (pause: () => Promise<void> | void): View<Tally> => ({
      name: 'tally',
      version: 1,
      handles: ['CaseOpened'],
      indexes: [],
      async fold(_event, docs) {
        const count = (await docs.get('all'))?.count ?? 0;
        await pause();
        docs.put('all', { count: count + 1 });
      },
    });
    const [frozen, moving] = [tally(freeze.here), tally(() => {})];
    const nothing = { start: () => {}, stop: async () => {} };
    for (const n of [1, 2, 3]) await push(late.log, `cases/case-${n}`, 'CaseOpened');
    const events = await assertContiguous(late.log);
    await late.views.declare([frozen]);
    await successor.views.declare([moving]);
    if (kept) await keep(late, nothing);
    const slept = late.views.advance(frozen, 0, 1, events.slice(0, 1));
    await until(() => freeze.reached);
    await expire();
    if (kept) await keep(successor, nothing);
    await successor.views.advance(moving, 0, 3, events);
    freeze.thaw();
    await expect(slept).rejects.toThrow(kept ? LeaseLost : CheckpointMoved);
    expect(await successor.views.checkpoint(moving)).toBe(3);
    expect(await successor.views.get(moving, 'all')).toEqual({ count: 3 });
  });
});
