import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  CheckpointMoved,
  ViewRunner,
  type JsonObject,
  type RecordedEvent,
  type View,
  type ViewQuery,
} from '../index.js';
import { collect, event, push, randomness, SEED, type Engine, type MakeEngine, type OpenedService } from './engine.js';

export type Tally = { readonly count: number; readonly positions: readonly number[] };

/** Writes down every event it folds, once a stream: whatever is lost or folded twice shows. */
export const tally = (version = 1): View<Tally> => ({
  name: 'tally',
  version,
  handles: ['NoteAdded'],
  indexes: [['count']],
  async fold({ stream, position }, docs) {
    const before = (await docs.get(stream)) ?? { count: 0, positions: [] };
    docs.put(stream, { count: before.count + version, positions: [...before.positions, position] });
  },
});

const poisoned: View<JsonObject> = {
  ...tally(),
  name: 'poisoned',
  fold: () => Promise.reject(new Error('cannot fold')),
};

/** Read models: documents, checkpoints, and the runner that folds them. */
export function viewConformance(makeEngine: MakeEngine): void {
  describe(`views (IHALA_SEED=${SEED})`, () => {
    let engine: Engine;
    let service: OpenedService;
    let runners: ViewRunner[];
    let errors: unknown[];

    beforeEach(async () => {
      engine = await makeEngine();
      service = await engine.open('cases');
      runners = [];
      errors = [];
    });
    afterEach(async () => {
      await Promise.all(runners.map((runner) => runner.stop()));
      await engine.destroy();
    });

    const run = async (views: readonly View<JsonObject>[], batchSize?: number) => {
      const runner = new ViewRunner(service.log, service.views, views, {
        onError: (error) => errors.push(error),
        batchSize,
      });
      runners.push(runner);
      await runner.start();
      return runner;
    };
    const note = async (count: number, stream = 'cases/case-a') => {
      for (let n = 0; n < count; n++) await push(service.log, stream, 'NoteAdded');
    };
    const logged = () => collect(service.log.readLog({ after: 0 }));
    const documents = async (view: View<Tally>) => {
      const query: ViewQuery<Tally> = { anyOf: [{}], sort: { field: 'count', direction: 'asc' }, limit: 100 };
      return (await service.views.find(view, query)).items;
    };

    it('moves documents and checkpoint together, and says when someone else was faster', async () => {
      const { views } = service;
      const view = tally();
      await views.declare([view]);
      await note(3);
      const events = await logged();
      expect(await views.checkpoint(view)).toBe(0);
      await views.advance(view, 0, 2, events.slice(0, 2));
      expect(await views.checkpoint(view)).toBe(2);
      expect(await views.get(view, 'cases/case-a')).toEqual({ count: 2, positions: [1, 2] });
      await expect(views.advance(view, 0, 2, events.slice(0, 2))).rejects.toThrow(CheckpointMoved);
      const both = [0, 1].map(() => views.advance(view, 2, 3, events.slice(2)));
      const settled = await Promise.allSettled(both);
      expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await views.get(view, 'cases/case-a')).toEqual({ count: 3, positions: [1, 2, 3] });
    });

    it('moves in transactions of a bounded size, each as far as it says, and the runner goes on from there', async () => {
      const { views } = service;
      const streams = Array.from({ length: 1200 }, (_, n) => `cases/case-${n}`);
      await service.log.append({
        writes: streams.map((stream) => ({ stream, expectedVersion: 0, events: [event('NoteAdded')] })),
      });
      await views.declare([tally()]);
      const reached = await views.advance(tally(), 0, 1200, await logged());
      expect(reached).toBeLessThan(1200);
      expect(await views.checkpoint(tally())).toBe(reached);
      expect(await views.get(tally(), streams[reached - 1]!)).toEqual({ count: 1, positions: [reached] });
      expect(await views.get(tally(), streams[reached]!)).toBeUndefined();
      await (await run([tally()])).caughtUp(1200);
      for (const [n, stream] of streams.entries()) {
        expect(await views.get(tally(), stream)).toEqual({ count: 1, positions: [n + 1] });
      }
    });

    it('writes nothing of a batch whose fold fails', async () => {
      const { views } = service;
      const failing: View<Tally> = {
        ...tally(),
        fold: async (entry, docs) => {
          await tally().fold(entry, docs);
          if (entry.position === 2) throw new Error('cannot fold');
        },
      };
      await views.declare([failing]);
      await note(2);
      await expect(views.advance(failing, 0, 2, await logged())).rejects.toThrow('cannot fold');
      expect(await views.checkpoint(failing)).toBe(0);
      expect(await views.get(failing, 'cases/case-a')).toBeUndefined();
    });

    it('shows a fold its own writes and deletions', async () => {
      const seen: unknown[] = [];
      const view: View<{ n: number }> = {
        name: 'seen',
        version: 1,
        handles: ['NoteAdded'],
        indexes: [],
        async fold({ position }, docs) {
          seen.push(await docs.get('x'));
          if (position % 2 === 1) docs.put('x', { n: position });
          else docs.delete('x');
        },
      };
      await service.views.declare([view]);
      await note(5);
      const events = await logged();
      await service.views.advance(view, 0, 3, events.slice(0, 3));
      await service.views.advance(view, 3, 5, events.slice(3));
      expect(seen).toEqual([undefined, { n: 1 }, undefined, { n: 3 }, undefined]);
      expect(await service.views.get(view, 'x')).toEqual({ n: 5 });
    });

    it('knows nothing of views that were not declared, and refuses two of one name', async () => {
      await expect(service.views.checkpoint(tally())).rejects.toThrow('not declared');
      await expect(service.views.declare([tally(1), tally(2)])).rejects.toThrow('one name');
    });

    it('builds a new version anew and drops what is not declared any more', async () => {
      await note(2);
      const other: View<JsonObject> = { ...tally(), name: 'other' };
      await (await run([tally(1), other])).caughtUp(2);
      await runners.pop()!.stop();
      await (await run([tally(2)])).caughtUp(2);
      expect(await service.views.get(tally(2), 'cases/case-a')).toEqual({ count: 4, positions: [1, 2] });
      await expect(service.views.checkpoint(other)).rejects.toThrow('not declared');
      await runners.pop()!.stop();
      await (await run([tally(1)])).caughtUp(2);
      expect(await service.views.get(tally(1), 'cases/case-a')).toEqual({ count: 2, positions: [1, 2] });
    });

    it('keeps what is built over a restart', async () => {
      await note(2);
      await (await run([tally()])).caughtUp(2);
      await runners.pop()!.stop();
      service = await engine.crash('cases');
      await service.views.declare([tally()]);
      expect(await service.views.checkpoint(tally())).toBe(2);
    });

    it('comes out the same however the log was cut into batches', async () => {
      for (const stream of ['a', 'b', 'a', 'c', 'b', 'a', 'a']) await note(1, `cases/case-${stream}`);
      const results: unknown[] = [];
      for (const batchSize of [1, 2, 3, 100]) {
        await (await run([{ ...tally(), version: batchSize }], batchSize)).caughtUp(7);
        const found = await documents({ ...tally(), version: batchSize });
        results.push(found.map(({ id, doc }) => `${id} ${doc.positions.join()}`));
        await runners.pop()!.stop();
      }
      expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    });

    it('follows the log, tells how far it is, and lets callers wait', async () => {
      const runner = await run([tally()]);
      expect(await runner.lag()).toEqual([{ view: 'tally', checkpoint: 0, behind: 0 }]);
      await note(3);
      await runner.caughtUp(3);
      expect(await runner.lag()).toEqual([{ view: 'tally', checkpoint: 3, behind: 0 }]);
      expect((await documents(tally()))[0]?.doc.positions).toEqual([1, 2, 3]);
      const waiting = runner.caughtUp(4);
      await runner.stop();
      await expect(waiting).rejects.toThrow('stopped');
    });

    it('reports a fold that fails, tries it again, and lets the other views go on', async () => {
      const runner = await run([tally(), poisoned]);
      await note(2);
      const deadline = performance.now() + 5000;
      while (errors.length < 2 && performance.now() < deadline) await new Promise((done) => setTimeout(done, 10));
      expect(errors.slice(0, 2)).toEqual([new Error('cannot fold'), new Error('cannot fold')]);
      expect(await runner.lag()).toEqual([
        { view: 'tally', checkpoint: 2, behind: 0 },
        { view: 'poisoned', checkpoint: 0, behind: 2 },
      ]);
    });

    it('folds an event again that was folded but not checked off when the process died', async () => {
      await note(2);
      let reached = () => {};
      const folded = new Promise<void>((resolve) => (reached = resolve));
      const dying: View<Tally> = {
        ...tally(),
        fold: async (entry: RecordedEvent, docs) => {
          await tally().fold(entry, docs);
          reached();
          await new Promise(() => {});
        },
      };
      await service.views.declare([dying]);
      void service.views.advance(dying, 0, 2, await logged());
      await folded;
      service = await engine.crash('cases');
      await (await run([tally()])).caughtUp(2);
      expect((await documents(tally()))[0]?.doc).toEqual({ count: 2, positions: [1, 2] });
    });

    it('folds every event exactly once, through crashes anywhere', async () => {
      const random = randomness(SEED);
      const expected = new Map<string, number[]>();
      for (let life = 0; life < 8; life++) {
        await run([tally()], 1 + random(3));
        for (let n = 0; n < 10; n++) {
          const stream = `cases/case-${random(3)}`;
          await service.log.append({ writes: [await nextWrite(service, stream)] });
          expected.set(stream, [...(expected.get(stream) ?? []), await service.log.lastPosition()]);
        }
        for (let turns = random(12); turns > 0; turns--) await new Promise(setImmediate);
        service = await engine.crash('cases');
        await runners.pop()!.stop();
      }
      await (await run([tally()])).caughtUp(80);
      const found = new Map((await documents(tally())).map(({ id, doc }) => [id, doc.positions]));
      expect(found).toEqual(expected);
    });
  });
}

async function nextWrite({ log }: OpenedService, stream: string) {
  const expectedVersion = (await collect(log.readStream(stream))).length;
  return { stream, expectedVersion, events: [event('NoteAdded')] };
}
