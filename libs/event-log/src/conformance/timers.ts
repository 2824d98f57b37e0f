import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CannotCarryOut, FollowUps, type Due, type JsonObject, type View, ViewRunner } from '../index.js';
import { collect, event, push, type Engine, type MakeEngine, type OpenedService } from './engine.js';
import { until } from './answering.js';

/** What was asked for is due at the instant it names; once reminded of, or called off, no more. */
const reminders: View<Due> = {
  name: 'reminders',
  version: 1,
  handles: ['Asked', 'CalledOff', 'Reminded'],
  indexes: [['dueAt']],
  fold({ type, stream, data }, docs) {
    if (type === 'Asked') docs.put(stream, { dueAt: data['dueAt'] as string });
    else docs.delete(stream);
  },
};

const nine = '2026-11-20T09:00:00.000Z';
const ten = '2026-11-20T10:00:00.000Z';

export function timerConformance(makeEngine: MakeEngine): void {
  describe('timers', () => {
    let engine: Engine;
    let service: OpenedService;
    let now: string;
    let failing: Set<string>;
    /** whatever it takes to fire is away */
    let away: boolean;
    let fired: string[];
    let stops: (() => Promise<void>)[];
    let views: ViewRunner;
    let followUps: FollowUps;

    beforeEach(async () => {
      engine = await makeEngine();
      service = await engine.open('cases');
      [now, failing, away, fired, stops] = [nine, new Set(), false, [], []];
    });
    afterEach(async () => {
      await stop();
      await engine.destroy();
    });
    const stop = async () => {
      for (const end of stops.splice(0).toReversed()) await end();
    };

    const start = async () => {
      const onError = () => undefined;
      views = new ViewRunner(service.log, service.views, [reminders as unknown as View<JsonObject>], { onError });
      const fire = async (stream: string, { dueAt }: Due) => {
        fired.push(stream);
        if (away) throw new Error('away');
        if (failing.has(stream)) throw new CannotCarryOut('case.not-open');
        const expectedVersion = (await collect(service.log.readStream(stream))).length;
        const events = [event('Reminded', { dueAt })];
        const command = { id: `${stream} ${dueAt}`, fingerprint: 'reminders' };
        await service.log.append({ writes: [{ stream, expectedVersion, events }], command });
      };
      const options = { onError, now: () => now, isTransient: () => away, pollMs: 10 };
      followUps = new FollowUps(service, { timers: [{ name: 'reminders', due: reminders, fire }] }, options);
      await views.start();
      followUps.start();
      stops.push(
        () => views.stop(),
        () => followUps.stop(),
      );
    };
    const ask = (stream: string, dueAt: string) => push(service.log, stream, 'Asked', { dueAt });
    const reminded = async (stream: string) =>
      (await collect(service.log.readStream(stream))).filter(({ type }) => type === 'Reminded').map(({ data }) => data);
    const quiet = () => new Promise((resolve) => setTimeout(resolve, 60));

    it('fire when the instant has come, once, and not before', async () => {
      await start();
      await ask('cases/case-a', ten);
      await quiet();
      expect(await reminded('cases/case-a')).toEqual([]);
      now = ten;
      await until(async () => (await reminded('cases/case-a')).length > 0);
      await quiet();
      expect(await reminded('cases/case-a')).toEqual([{ dueAt: ten }]);
    });

    it('fire after a restart what fell due meanwhile, and nothing a second time', async () => {
      await start();
      await ask('cases/case-a', nine);
      await until(async () => (await reminded('cases/case-a')).length > 0);
      await ask('cases/case-b', ten);
      await stop();
      service = await engine.crash('cases');
      now = ten;
      await start();
      await until(async () => (await reminded('cases/case-b')).length > 0);
      await quiet();
      expect(await reminded('cases/case-a')).toHaveLength(1);
    });

    it('leave alone what was called off, and what was moved', async () => {
      await start();
      await ask('cases/case-a', ten);
      await ask('cases/case-b', ten);
      await push(service.log, 'cases/case-a', 'CalledOff');
      await ask('cases/case-b', '2026-11-20T11:00:00.000Z');
      await views.caughtUp(await service.log.lastPosition());
      now = ten;
      await quiet();
      expect([await reminded('cases/case-a'), await reminded('cases/case-b')]).toEqual([[], []]);
    });

    it('park what can’t be done, page after page of it, while others fire', async () => {
      const stuck = Array.from({ length: 120 }, (_, n) => `cases/case-${n}`);
      failing = new Set(stuck);
      for (const stream of stuck) await ask(stream, nine);
      await ask('cases/case-last', ten);
      now = ten;
      await start();
      await until(async () => (await reminded('cases/case-last')).length > 0);
      await quiet();
      expect(await service.reactions.count()).toBe(120);
      expect(fired).toHaveLength(121);
      const [item] = (await service.reactions.list(1)).items;
      expect(item).toMatchObject({ reaction: 'reminders', occasionType: 'due', code: 'case.not-open', attempts: 1 });
      failing.clear();
      expect(await followUps.retry(item!)).toBeUndefined();
      expect(await reminded(item!.target)).toEqual([{ dueAt: nine }]);
    });

    it('tell how late they are, but for what is parked', async () => {
      const late = async (lateMs: number) =>
        until(async () => (await followUps.timerLag())[0]?.lateMs === lateMs && fired.length > 0);
      failing = new Set(['cases/case-a']);
      await start();
      await ask('cases/case-a', nine);
      await until(async () => (await service.reactions.count()) === 1);
      away = true;
      await ask('cases/case-b', ten);
      now = '2026-11-20T10:01:30.000Z';
      await late(90_000);
      away = false;
      await late(0);
      expect(await reminded('cases/case-b')).toHaveLength(1);
      expect(await followUps.timerLag()).toEqual([{ timer: 'reminders', lateMs: 0 }]);
    });

    it('drop what is parked and due no more when it is tried again', async () => {
      failing = new Set(['cases/case-a']);
      await start();
      await ask('cases/case-a', nine);
      await until(async () => (await service.reactions.count()) === 1);
      await ask('cases/case-a', ten);
      await quiet();
      failing.clear();
      const [item] = (await service.reactions.list(1)).items;
      expect(await followUps.retry(item!)).toBeUndefined();
      expect([await reminded('cases/case-a'), await service.reactions.count()]).toEqual([[], 0]);
    });
  });
}
