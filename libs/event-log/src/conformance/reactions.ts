import { describe, expect, it } from '@jest/globals';
import { CheckpointMoved } from '../index.js';
import { Answering, positions, until } from './answering.js';
import { type MakeEngine, published, push } from './engine.js';

export function reactionConformance(makeEngine: MakeEngine): void {
  describe('reactions', () => {
    const at = Answering.eachTime(makeEngine);

    it('are at.told of own and observed events in order, knowing the log up to each of them and no further', async () => {
      await push(at.service.log, 'cases/case-a', 'NoteAdded');
      await at.ask('cases/answers-x');
      for (let n = 0; n < 4; n++) await push(at.service.log, 'cases/case-b', 'NoteAdded');
      const observed = { ...published('health/referral-a', 1, 0, { of: ['cases/answers-x'] }), type: 'Asked' };
      await at.service.log.observe('health', [observed]);
      await push(at.service.log, 'cases/case-b', 'NoteAdded');
      await at.start();
      await at.reached(10);
      expect(at.told).toEqual([
        { position: 2, knew: [1, 2] },
        { position: 7, knew: [1, 2, 3, 4, 5, 6, 7] },
      ]);
      expect(await at.answers('cases/answers-x')).toEqual([2, 7]);
    });

    it('go on where they were after a crash, without a second answer', async () => {
      await at.ask('cases/answers-x');
      const { moveCheckpoint } = at.service.reactions;
      at.service.reactions.moveCheckpoint = () => Promise.reject(new Error('killed'));
      await at.start();
      await until(() => at.errors.length > 0);
      at.service.reactions.moveCheckpoint = moveCheckpoint;
      await at.crash();
      expect([await at.service.reactions.checkpoint('answers'), await at.answers('cases/answers-x')]).toEqual([0, [1]]);
      await at.ask('cases/answers-x');
      await at.start();
      await at.reached(3);
      expect(await at.answers('cases/answers-x')).toEqual([1, 3]);
      await at.crash();
      at.told = [];
      await at.start();
      await at.ask('cases/answers-x');
      await at.reached(5);
      expect(at.told.map(({ position }) => position)).toEqual([5]);
    });

    it('learn again what they knew and lost, though nothing new happens', async () => {
      for (let n = 0; n < 5; n++) await at.ask('cases/answers-x');
      await at.start();
      await at.reached(10);
      await at.running.pop()!.stop();
      await at.service.views.declare([]);
      await at.start();
      await until(async () => (await at.service.views.checkpoint(at.knows)) === 10);
      expect((await at.service.views.get(at.knows, 'all'))?.['list']).toEqual([1, 2, 3, 4, 5]);
      expect(at.errors).toEqual([]);
    });

    it('tell how far they are behind', async () => {
      const behind = (count: number) => until(async () => (await followUps.lag())[0]?.behind === count);
      at.failures.set('cases/answers-x', new Error('away'));
      const followUps = await at.start();
      await at.ask('cases/answers-x');
      await at.ask('cases/answers-y');
      await until(async () => at.errors.length > 0);
      await behind(2);
      at.failures.clear();
      await behind(0);
      expect(await followUps.lag()).toEqual([{ reaction: 'answers', behind: 0 }]);
    });

    it('learn again what they knew and lost, and do nothing twice for it', async () => {
      for (let n = 0; n < 5; n++) await at.ask('cases/answers-x');
      await at.start();
      await at.reached(10);
      await at.running.pop()!.stop();
      await at.service.views.declare([]);
      at.told = [];
      await at.start();
      const last = await at.ask('cases/answers-x');
      await at.reached(11);
      expect(last).toBe(6);
      expect(at.told).toEqual([{ position: 11, knew: [1, 2, 3, 4, 5, 11] }]);
    });

    it('know what they folded themselves, never what a build before did', async () => {
      await at.ask('cases/answers-x');
      await at.start();
      await at.reached(2);
      await at.service.views.serve(positions);
      await at.crash();
      at.knows = { ...positions, handles: [...positions.handles, 'NoteTaken'] };
      at.told = [];
      await at.start();
      await at.ask('cases/answers-x');
      await at.reached(3);
      expect(at.told).toEqual([{ position: 3, knew: [1, 3] }]);
    });

    it('learn in as many transactions as it takes', async () => {
      for (let n = 0; n < 5; n++) await push(at.service.log, 'cases/case-a', 'NoteAdded');
      await at.ask('cases/answers-x');
      at.knows = {
        ...positions,
        async fold(event, docs) {
          await positions.fold(event, docs);
          for (let n = 0; n < 300; n++) docs.put(`${event.position}-${n}`, { list: [] });
        },
      };
      await at.start();
      await at.reached(7);
      expect(at.told).toEqual([{ position: 6, knew: [1, 2, 3, 4, 5, 6] }]);
      expect(at.errors).toEqual([]);
    });

    it('are two at once, where one is the fence of the other, and go on alone when one ends', async () => {
      await at.start();
      await at.start();
      for (let n = 0; n < 10; n++) await at.ask('cases/answers-x', 'cases/answers-y');
      await at.reached(30);
      for (const target of ['x', 'y']) expect(new Set(await at.answers(`cases/answers-${target}`)).size).toBe(10);
      expect(await at.service.reactions.count()).toBe(0);
      expect(await at.service.log.lastPosition()).toBe(30);
      for (const ended of at.running) {
        await ended.stop();
        const last = await at.ask('cases/answers-z');
        if (ended !== at.running.at(-1))
          await until(async () => (await at.answers('cases/answers-z')).length === last - 10);
        ended.start();
      }
    });

    it('move their checkpoint from where it is, and from nowhere else', async () => {
      await at.service.reactions.moveCheckpoint('answers', 0, 3);
      await expect(at.service.reactions.moveCheckpoint('answers', 0, 4)).rejects.toThrow(CheckpointMoved);
      expect(await at.service.reactions.checkpoint('answers')).toBe(3);
    });

    it('wait for what passes by itself, for as long as it takes', async () => {
      at.failures.set('cases/answers-x', new Error('away'));
      await at.ask('cases/answers-y');
      await at.ask('cases/answers-x');
      await at.start();
      await until(() => at.errors.length > 4);
      at.failures.clear();
      await until(async () => (await at.answers('cases/answers-x')).length === 1);
      expect(await at.service.reactions.count()).toBe(0);
      // what was done before the failure in the same batch is behind it
      expect(new Set(at.told.slice(1).map(({ position }) => position))).toEqual(new Set([2]));
    });
  });
}
