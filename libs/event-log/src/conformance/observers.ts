import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { asSource, DirectObserver, SourceForked } from '../index.js';
import type { EventLog, FollowOptions, Observer, SourceLog } from '../index.js';
import {
  assertContiguous,
  collect,
  published,
  push,
  type Engine,
  type MakeEngine,
  type OpenedService,
} from './engine.js';

const CASE = 'cases/case-aminata';

/** How events get from one log to the other. */
export interface Carriage {
  /** The source is asked when somebody waits. Else it tells by itself, now and then, how far it goes: then clocks have to go on. */
  readonly asks: boolean;
  /** Nothing is started. */
  between(
    source: SourceLog,
    ends: { from: OpenedService; to: OpenedService },
    options: FollowOptions,
  ): Promise<Carried>;
  /** After all that was started has been stopped. */
  end(): Promise<void>;
}
type Carried = Pick<Observer, 'start' | 'stop' | 'upTo' | 'completeUpTo'>;

export const directly = async (): Promise<Carriage> => ({
  asks: true,
  between: async (source, { to }, options) => new DirectObserver(to.log, source, options),
  end: async () => {},
});

/** One service that follows another. */
export function observerConformance(name: string, makeEngine: MakeEngine, makeCarriage = directly): void {
  describe(`${name}: observer`, () => {
    let engine: Engine;
    let carriage: Carriage;
    let from: OpenedService;
    let to: OpenedService;
    let cases: EventLog;
    let health: EventLog;
    let started: Carried[];
    let errors: unknown[];

    beforeEach(async () => {
      [engine, carriage] = await Promise.all([makeEngine(), makeCarriage()]);
      from = await engine.open('cases');
      to = await engine.open('health');
      ({ log: cases } = from);
      ({ log: health } = to);
      started = [];
      errors = [];
    });
    afterEach(async () => {
      await Promise.all(started.map((observer) => observer.stop()));
      await carriage.end();
      await engine.destroy();
    });

    const follow = async (source: SourceLog, options: { batchSize?: number; pollMs?: number } = {}) => {
      const onError = (error: unknown) => void errors.push(error);
      const observer = await carriage.between(source, { from, to }, { onError, ...options });
      started.push(observer);
      observer.start();
      return observer;
    };
    const now = () => new Date().toISOString();
    const frozen = new Date('2026-11-20T10:00:00.000Z');
    const stopTheClock = async () => {
      from = await engine.crash('cases', { clock: () => frozen });
      ({ log: cases } = from);
    };

    it('copies what was there before, in batches, and what comes', async () => {
      for (let n = 0; n < 7; n++) await push(cases, CASE, 'NoteAdded', { n });
      const observer = await follow(asSource(cases), { batchSize: 3, pollMs: 60_000 });
      expect(await observer.upTo(now(), 5000)).toBe(true);
      expect(await assertContiguous(health)).toHaveLength(7);
      await push(cases, CASE, 'NoteAdded');
      expect(await observer.upTo(now(), 5000)).toBe(true);
      expect(await assertContiguous(health)).toHaveLength(8);
      expect(errors).toEqual([]);
    });

    it('holds whatever was acknowledged before upTo was called', async () => {
      const observer = await follow(asSource(cases), { pollMs: 60_000 });
      for (let n = 1; n <= 20; n++) {
        await push(cases, CASE, 'NoteAdded', { n });
        const asked = now();
        expect(await observer.upTo(asked, 5000)).toBe(true);
        expect((await health.sources())[0]?.sequence).toBe(n - 1);
        expect((await observer.completeUpTo())! >= asked).toBe(true);
      }
    });

    it('holds it though the clock stands still, or does not say so', async () => {
      await stopTheClock();
      const observer = await follow(asSource(cases), { pollMs: 60_000 });
      for (let n = 1; n <= 5; n++) {
        await push(cases, CASE, 'NoteAdded', { n });
        const told = await observer.upTo(frozen.toISOString(), carriage.asks ? 5000 : 300);
        expect(told).toBe(carriage.asks);
        if (told) expect((await health.sources())[0]?.sequence).toBe(n - 1);
      }
    });

    it('does not answer with what it read before it was asked', async () => {
      if (carriage.asks) await stopTheClock();
      const source = asSource(cases);
      const { promise: hasRead, resolve: read } = Promise.withResolvers<void>();
      const slow: SourceLog = {
        ...source,
        async *readOwn(range) {
          const events = await collect(source.readOwn(range));
          read();
          await new Promise((resolve) => setTimeout(resolve, 30));
          yield* events;
        },
      };
      const observer = await follow(slow, { pollMs: 60_000 });
      await hasRead;
      await push(cases, CASE, 'CaseOpened');
      expect(await observer.upTo(carriage.asks ? frozen.toISOString() : now(), 5000)).toBe(true);
      expect(await assertContiguous(health)).toHaveLength(1);
    });

    it('says in time that it can not be complete', async () => {
      const observer = await follow(asSource(cases));
      expect(await observer.upTo('2999-01-01T00:00:00.000Z', 50)).toBe(false);
      await observer.stop();
      const deaf: SourceLog = { ...asSource(cases), head: () => Promise.reject(new Error('unreachable')) };
      const cut = await follow(deaf);
      expect(await cut.upTo(now(), 300)).toBe(false);
      expect(errors.length).toBeGreaterThan(0);
      for (const error of errors) expect(error).toEqual(new Error('unreachable'));
    });

    it('goes on from the last sequence in its own log', async () => {
      await push(cases, CASE, 'CaseOpened');
      const first = await follow(asSource(cases));
      expect(await first.upTo(now(), 5000)).toBe(true);
      await first.stop();
      await push(cases, CASE, 'ConsentGiven');
      to = await engine.crash('health');
      ({ log: health } = to);
      const asked: number[] = [];
      const source = asSource(cases);
      const second = await follow({ ...source, readOwn: (range) => (asked.push(range.from), source.readOwn(range)) });
      expect(await second.upTo(now(), 5000)).toBe(true);
      expect(asked[0]).toBe(1);
      expect(await assertContiguous(health)).toHaveLength(2);
    });

    it('asks again from where a gap begins', async () => {
      for (let n = 0; n < 4; n++) await push(cases, CASE, 'NoteAdded', { n });
      const source = asSource(cases);
      let skip = true;
      const leaky: SourceLog = {
        ...source,
        readOwn: ({ from, limit }) => source.readOwn({ from: skip ? ((skip = false), from + 2) : from, limit }),
      };
      const observer = await follow(leaky);
      expect(await observer.upTo(now(), 5000)).toBe(true);
      expect(await assertContiguous(health)).toHaveLength(4);
    });

    it('parks a source that contradicts itself, reports it once, and answers false at once', async () => {
      await health.observe('cases', [published(CASE, 1, 0)]);
      await push(cases, CASE, 'CaseOpened');
      await push(cases, CASE, 'ConsentGiven');
      await push(cases, CASE, 'ConsentWithdrawn');
      const source = asSource(cases);
      let next = 0;
      const observer = await follow({
        ...source,
        readOwn: ({ from: asked, limit }) => source.readOwn({ from: next === 0 ? next++ : asked, limit }),
      });
      expect(await observer.upTo(now(), 5000)).toBe(false);
      await push(cases, CASE, 'CaseClosed');
      expect(await observer.upTo(now(), 5000)).toBe(false);
      expect(errors).toHaveLength(1);
      expect(errors[0]).toBeInstanceOf(SourceForked);
      expect(await assertContiguous(health)).toHaveLength(1);
    });

    it('gets over a source that fails for a while', async () => {
      await push(cases, CASE, 'CaseOpened');
      const source = asSource(cases);
      let failures = 2;
      const flaky: SourceLog = {
        ...source,
        head: () => (failures-- > 0 ? Promise.reject(new Error('unreachable')) : source.head()),
      };
      expect(await (await follow(flaky)).upTo(now(), 5000)).toBe(true);
      expect(errors).toHaveLength(2);
    });

    it('tells whoever still waits when it stops', async () => {
      const observer = await follow(asSource(cases));
      const waiting = observer.upTo('2999-01-01T00:00:00.000Z', 60_000);
      await observer.stop();
      expect(await waiting).toBe(false);
    });
  });
}
