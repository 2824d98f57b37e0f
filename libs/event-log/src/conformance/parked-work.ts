import { describe, expect, it } from '@jest/globals';
import { CannotCarryOut } from '../index.js';
import { Answering, until } from './answering.js';
import { event, type MakeEngine } from './engine.js';

export function parkedWorkConformance(makeEngine: MakeEngine): void {
  describe('what reactions can’t carry out', () => {
    const at = Answering.eachTime(makeEngine);

    it('take back what they had parked when it works after a crash', async () => {
      at.failures.set('cases/answers-x', new CannotCarryOut('case.not-open'));
      const { moveCheckpoint } = at.service.reactions;
      at.service.reactions.moveCheckpoint = () => Promise.reject(new Error('killed'));
      await at.start();
      await at.ask('cases/answers-x');
      await until(async () => (await at.service.reactions.count()) === 1);
      at.service.reactions.moveCheckpoint = moveCheckpoint;
      await at.crash();
      at.failures.clear();
      await at.start();
      await at.reached(2);
      expect([await at.answers('cases/answers-x'), await at.service.reactions.count()]).toEqual([[1], 0]);
    });

    it('park what can’t be carried out, and what follows it for the same target; others go on', async () => {
      at.failures.set('cases/answers-x', new CannotCarryOut('case.not-open'));
      await at.start();
      await at.ask('cases/answers-x', 'cases/answers-y');
      await at.ask('cases/answers-x');
      await at.ask('cases/answers-y');
      await until(async () => (await at.answers('cases/answers-y')).length === 2);
      const [first, second] = await at.parked();
      expect(first).toMatchObject({ reaction: 'answers', occasionType: 'Asked', position: 1, attempts: 1 });
      expect([first!.code, second!.code]).toEqual(['case.not-open', 'errand.waits']);
      expect([first!.target, second!.target]).toEqual(['cases/answers-x', 'cases/answers-x']);
      expect(at.errors).toHaveLength(1);
    });

    it('carry out what was parked in its order when an operator asks, over a crash too', async () => {
      at.failures.set('cases/answers-x', new CannotCarryOut('case.not-open'));
      await at.start();
      const asked = [await at.ask('cases/answers-x'), await at.ask('cases/answers-x'), await at.ask('cases/answers-x')];
      await until(async () => (await at.service.reactions.count()) === 3);
      await at.reached(3);
      await at.crash();
      const followUps = await at.start();
      const [, second] = await at.parked();
      expect(await followUps.retry(second!)).toMatchObject({ code: 'errand.waits', attempts: 0 });
      expect((await at.parked())[0]).toMatchObject({ code: 'case.not-open', attempts: 2 });
      at.failures.clear();
      expect(await followUps.retry(second!)).toBeUndefined();
      expect(await at.answers('cases/answers-x')).toEqual(asked);
      expect(await at.service.reactions.count()).toBe(0);
    });

    it('leave out what an operator gave up on, and go on with what waited behind it', async () => {
      at.failures.set('cases/answers-x', new CannotCarryOut('case.not-open'));
      const followUps = await at.start();
      await at.ask('cases/answers-x');
      await at.ask('cases/answers-x');
      await until(async () => (await at.service.reactions.count()) === 2);
      at.failures.clear();
      await followUps.skip((await at.parked())[0]!);
      expect(await at.answers('cases/answers-x')).toEqual([2]);
      expect(await at.service.reactions.count()).toBe(0);
    });

    it('park what fails four times without passing', async () => {
      await at.start();
      at.failures.set('cases/answers-y', new Error('a fault of ours'));
      await at.ask('cases/answers-y', 'cases/answers-z');
      await until(async () => (await at.answers('cases/answers-z')).length === 1);
      expect(await at.parked()).toMatchObject([{ code: 'errand.failed', attempts: 4, target: 'cases/answers-y' }]);
    });

    it('park an event that can’t be read, and do what it asks for once it can', async () => {
      const followUps = await at.start();
      const unreadable = event('Asked', { of: ['cases/answers-x', 'cases/case-a'] }, { schemaVersion: 7 });
      await at.service.log.append({ writes: [{ stream: 'cases/case-a', expectedVersion: 0, events: [unreadable] }] });
      await at.ask('cases/answers-y');
      await until(async () => (await at.answers('cases/answers-y')).length === 1);
      const [unread] = await at.parked();
      expect(unread).toMatchObject({ code: 'event.unreadable', target: 'cases/case-a', position: 1 });
      expect(await followUps.retry(unread!)).toMatchObject({ code: 'event.unreadable', attempts: 2 });
      at.failures.set('readable', new Error('now it is'));
      expect(await followUps.retry(unread!)).toBeUndefined();
      expect(await at.service.reactions.count()).toBe(0);
      expect(await at.answers('cases/answers-x')).toEqual([1]);
      expect(await at.answers('cases/case-a')).toContain(1);
    });

    it('list what is parked page by page, the last first', async () => {
      const targets = Array.from({ length: 5 }, (_, n) => `cases/answers-${n}`);
      for (const target of targets) at.failures.set(target, new CannotCarryOut('case.not-open'));
      await at.start();
      await at.ask(...targets);
      await until(async () => (await at.service.reactions.count()) === 5);
      const first = await at.service.reactions.list(3);
      const second = await at.service.reactions.list(3, first.end);
      expect([...first.items, ...second.items].map(({ target }) => target)).toEqual(targets.toReversed());
      expect(second.end).toBeUndefined();
    });
  });
}
