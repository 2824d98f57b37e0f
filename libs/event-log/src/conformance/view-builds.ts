import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ViewRunner, type JsonObject, type RecordedEvent, type View } from '../index.js';
import { collect, push, randomness, SEED, type Engine, type MakeEngine, type OpenedService } from './engine.js';
import { tally, type Tally } from './views.js';

const CASE = 'cases/case-a';

/** Versions of one view: built beside the one that is read, which is read until the new one has caught up. */
export function viewBuildConformance(makeEngine: MakeEngine): void {
  describe(`versions of a view (IHALA_SEED=${SEED})`, () => {
    let engine: Engine;
    let service: OpenedService;

    beforeEach(async () => {
      engine = await makeEngine();
      service = await engine.open('cases');
    });
    afterEach(() => engine.destroy());

    const note = async (count: number) => {
      for (let n = 0; n < count; n++) await push(service.log, CASE, 'NoteAdded');
    };
    const logged = () => collect(service.log.readLog({ after: 0 }));
    const read = (view: View<Tally>) => service.views.get(view, CASE);
    const listed = async (view: View<Tally>) => {
      const query = { anyOf: [{}], sort: { field: 'count', direction: 'asc' }, limit: 10 } as const;
      return (await service.views.find(view, query)).items.map(({ doc }) => doc);
    };
    /** Built from all that is logged, and read from now on. */
    const serving = async (view: View<Tally>) => {
      await service.views.declare([view]);
      const events = await logged();
      await service.views.advance(view, 0, events.length, events);
      await service.views.serve(view);
    };
    const run = async (view: View<JsonObject>) => {
      const runner = new ViewRunner(service.log, service.views, [view], { onError: (error) => expect(error).toBe(0) });
      await runner.start();
      return runner;
    };
    const [old, next] = [
      { count: 2, positions: [1, 2] },
      { count: 4, positions: [1, 2] },
    ];

    it('gives the documents of the one before until the new one is built', async () => {
      await note(2);
      await serving(tally(1));
      const { views } = service;
      await views.declare([tally(2)]);
      expect(await views.checkpoint(tally(2))).toBe(0);
      expect([await read(tally(2)), await listed(tally(2))]).toEqual([old, [old]]);
      await views.advance(tally(2), 0, 1, (await logged()).slice(0, 1));
      expect([await read(tally(2)), await listed(tally(2))]).toEqual([old, [old]]);
      await views.advance(tally(2), 1, 2, (await logged()).slice(1));
      await views.serve(tally(2));
      expect([await read(tally(2)), await listed(tally(2))]).toEqual([next, [next]]);
    });

    it('gives the new documents as soon as the runner says that it has caught up', async () => {
      await note(2);
      await serving(tally(1));
      const runner = await run(tally(2));
      await runner.caughtUp(1);
      expect(await read(tally(2))).toEqual(next);
      await note(1);
      await runner.caughtUp(3);
      expect(await read(tally(2))).toEqual({ count: 6, positions: [1, 2, 3] });
      await runner.stop();
    });

    it('says that it has caught up, with nothing to fold, once it is read', async () => {
      await note(2);
      await serving(tally(1));
      await service.views.declare([tally(2)]);
      await service.views.advance(tally(2), 0, 2, await logged());
      service = await engine.crash('cases');
      const runner = await run(tally(2));
      await runner.caughtUp(2);
      expect(await read(tally(2))).toEqual(next);
      await runner.stop();
    });

    it('goes on with both after a crash', async () => {
      await note(2);
      await serving(tally(1));
      await service.views.declare([tally(2)]);
      await service.views.advance(tally(2), 0, 1, (await logged()).slice(0, 1));
      service = await engine.crash('cases');
      await service.views.declare([tally(2)]);
      expect(await service.views.checkpoint(tally(2))).toBe(1);
      expect(await read(tally(2))).toEqual(old);
    });

    it('never gives back what another one took over from', async () => {
      await note(2);
      await serving(tally(1));
      await serving(tally(2));
      service = await engine.crash('cases');
      for (const again of [tally(2), tally(1)]) {
        await service.views.declare([again]);
        await service.views.serve(tally(2)).catch(() => {});
        expect(await service.views.checkpoint(again)).toBe(again.version === 2 ? 2 : 0);
      }
      // documents of a later version are no earlier one's to read
      expect(await read(tally(1))).toBeUndefined();
    });

    it('drops what was half built when yet another version comes', async () => {
      await note(2);
      await serving(tally(1));
      for (const version of [2, 3, 2]) {
        await service.views.declare([tally(version)]);
        expect(await service.views.checkpoint(tally(version))).toBe(0);
        expect(await read(tally(version))).toEqual(old);
        await service.views.advance(tally(version), 0, 1, (await logged()).slice(0, 1));
      }
      await expect(service.views.checkpoint(tally(3))).rejects.toThrow('not declared');
      await service.views.declare([tally(1)]);
      expect(await service.views.checkpoint(tally(1))).toBe(2);
      await service.views.declare([tally(2)]);
      expect(await service.views.checkpoint(tally(2))).toBe(0);
    });

    it.each<[string, Partial<View<Tally>>]>([
      ['has an index that the one before lacks', { indexes: [['count'], ['positions', 'count']] }],
      ['has readers who do not understand the one before', { readsSince: 2 }],
    ])('gives its own documents alone when it %s', async (_, part) => {
      await note(2);
      await serving(tally(1));
      const changed = { ...tally(2), ...part };
      await service.views.declare([changed]);
      expect([await read(changed), await listed(changed)]).toEqual([undefined, []]);
      const runner = await run(changed);
      await runner.caughtUp(2);
      expect(await listed(changed)).toEqual([next]);
      await runner.stop();
    });

    it('builds beside, too, when only the events or the indexes changed', async () => {
      await note(2);
      await serving({ ...tally(1), indexes: [['count'], ['positions']] });
      for (const changed of [tally(1), { ...tally(1), handles: ['NoteAdded', 'NoteTaken'] }]) {
        await service.views.declare([changed]);
        expect(await service.views.checkpoint(changed)).toBe(0);
        expect(await listed(changed)).toEqual([old]);
        const runner = await run(changed);
        await runner.caughtUp(2);
        expect(await listed(changed)).toEqual([old]);
        await runner.stop();
      }
    });

    it('is never without documents, and never goes back, through crashes anywhere', async () => {
      const random = randomness(SEED);
      await note(9);
      await serving(tally(1));
      let least = 1;
      for (let version = 2; version < 8;) {
        const slow = slowly(tally(version), random(4));
        const runner = new ViewRunner(service.log, service.views, [slow], {
          onError: () => {},
          batchSize: 1 + random(4),
        });
        await runner.start();
        for (let turns = random(30); turns > 0; turns--) await new Promise(setImmediate);
        service = await engine.crash('cases');
        await runner.stop();
        await service.views.declare([tally(version)]);
        const doc = (await read(tally(version)))!;
        const of = doc.count / doc.positions.length;
        expect(doc.positions).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
        expect([least, version]).toContain(of);
        if (of === version) least = version++;
      }
    }, 30_000);
  });
}

/** Gives other work its turn before each event. */
const slowly = (view: View<Tally>, turns: number): View<Tally> => ({
  ...view,
  fold: async (event: RecordedEvent, docs) => {
    for (let turn = turns; turn > 0; turn--) await new Promise(setImmediate);
    await view.fold(event, docs);
  },
});
