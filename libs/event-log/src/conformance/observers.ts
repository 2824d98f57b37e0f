import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { asSource, DirectObserver, type Observer, SourceForked, type EventLog, type SourceLog } from '../index.js';
import { assertContiguous, collect, published, push, type Engine, type MakeEngine } from './engine.js';

const CASE = 'cases/case-aminata';

/** One service that follows another. */
export function observerConformance(name: string, makeEngine: MakeEngine): void {
  describe(`${name}: observer`, () => {
    let engine: Engine;
    let cases: EventLog;
    let health: EventLog;
    let observers: Observer[];
    let errors: unknown[];

    beforeEach(async () => {
      engine = await makeEngine();
      ({ log: cases } = await engine.open('cases'));
      ({ log: health } = await engine.open('health'));
      observers = [];
      errors = [];
    });
    afterEach(async () => {
      await Promise.all(observers.map((observer) => observer.stop()));
      await engine.destroy();
    });

    const follow = (source: SourceLog, options: { batchSize?: number; pollMs?: number } = {}) => {
      const observer = new DirectObserver(health, source, { onError: (error) => errors.push(error), ...options });
      observers.push(observer);
      observer.start();
      return observer;
    };
    const now = () => new Date().toISOString();

    it('copies what was there before, in batches, and what comes', async () => {
      for (let n = 0; n < 7; n++) await push(cases, CASE, 'NoteAdded', { n });
      const observer = follow(asSource(cases), { batchSize: 3, pollMs: 60_000 });
      expect(await observer.upTo(now(), 5000)).toBe(true);
      expect(await assertContiguous(health)).toHaveLength(7);
      await push(cases, CASE, 'NoteAdded');
      const started = performance.now();
      expect(await observer.upTo(now(), 5000)).toBe(true);
      expect(performance.now() - started).toBeLessThan(1000);
      expect(await assertContiguous(health)).toHaveLength(8);
      expect(errors).toEqual([]);
    });

    it('holds whatever was acknowledged before upTo was called, though the clock stands still', async () => {
      const frozen = new Date('2026-11-20T10:00:00.000Z');
      ({ log: cases } = await engine.crash('cases', { clock: () => frozen }));
      const observer = follow(asSource(cases), { pollMs: 60_000 });
      for (let n = 1; n <= 20; n++) {
        await push(cases, CASE, 'NoteAdded', { n });
        expect(await observer.upTo(frozen.toISOString(), 5000)).toBe(true);
        expect((await health.sources())[0]?.sequence).toBe(n - 1);
      }
      expect(await observer.completeUpTo()).toBe(frozen.toISOString());
    });

    it('does not answer with what it read before it was asked', async () => {
      const frozen = new Date('2026-11-20T10:00:00.000Z');
      ({ log: cases } = await engine.crash('cases', { clock: () => frozen }));
      const source = asSource(cases);
      let read = () => {};
      const hasRead = new Promise<void>((resolve) => (read = resolve));
      const slow: SourceLog = {
        ...source,
        async *readOwn(range) {
          const events = await collect(source.readOwn(range));
          read();
          await new Promise((resolve) => setTimeout(resolve, 30));
          yield* events;
        },
      };
      const observer = follow(slow, { pollMs: 60_000 });
      await hasRead;
      await push(cases, CASE, 'CaseOpened');
      expect(await observer.upTo(frozen.toISOString(), 5000)).toBe(true);
      expect(await assertContiguous(health)).toHaveLength(1);
    });

    it('says in time that it can not be complete', async () => {
      const observer = follow(asSource(cases));
      expect(await observer.upTo('2999-01-01T00:00:00.000Z', 50)).toBe(false);
      const deaf: SourceLog = { ...asSource(cases), head: () => Promise.reject(new Error('unreachable')) };
      const cut = follow(deaf);
      expect(await cut.upTo(now(), 50)).toBe(false);
      expect(errors).toEqual([new Error('unreachable')]);
    });

    it('goes on from the last sequence in its own log', async () => {
      await push(cases, CASE, 'CaseOpened');
      const first = follow(asSource(cases));
      expect(await first.upTo(now(), 5000)).toBe(true);
      await first.stop();
      await push(cases, CASE, 'ConsentGiven');
      ({ log: health } = await engine.crash('health'));
      const asked: number[] = [];
      const source = asSource(cases);
      const second = follow({ ...source, readOwn: (range) => (asked.push(range.from), source.readOwn(range)) });
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
      const observer = follow(leaky);
      expect(await observer.upTo(now(), 5000)).toBe(true);
      expect(await assertContiguous(health)).toHaveLength(4);
    });

    it('parks a source that contradicts itself, reports it once, and answers false at once', async () => {
      await health.observe('cases', [published(CASE, 1, 0)]);
      await push(cases, CASE, 'CaseOpened');
      await push(cases, CASE, 'ConsentGiven');
      await push(cases, CASE, 'ConsentWithdrawn');
      const source = asSource(cases);
      const observer = follow({ ...source, readOwn: ({ limit }) => source.readOwn({ from: 0, limit }) });
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
      expect(await follow(flaky).upTo(now(), 5000)).toBe(true);
      expect(errors).toHaveLength(2);
    });

    it('tells whoever still waits when it stops', async () => {
      const observer = follow(asSource(cases));
      const waiting = observer.upTo('2999-01-01T00:00:00.000Z', 60_000);
      await observer.stop();
      expect(await waiting).toBe(false);
    });
  });
}
