import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  auditLeaf,
  SourceForked,
  SourceGap,
  WrongExpectedVersion,
  type EventLog,
  type PublishedEvent,
} from '../index.js';
import { assertContiguous, collect, event, published, push, type Engine, type MakeEngine } from './engine.js';

const CASE = 'cases/case-aminata';

/** Copies of another service's events, and what a log knows of its sources. */
export function observeConformance(makeEngine: MakeEngine): void {
  describe('observe', () => {
    let engine: Engine;
    let log: EventLog;
    let events: readonly PublishedEvent[];

    beforeEach(async () => {
      engine = await makeEngine();
      ({ log } = await engine.open('health'));
      events = [published(CASE, 1, 0), published('cases/case-moussa', 1, 1), published(CASE, 2, 2)];
    });
    afterEach(() => engine.destroy());

    const progress = async () => (await log.sources())[0];

    it('copies events whole, between its own, in one order', async () => {
      await push(log, 'health/referral-1', 'ReferralSent');
      expect(await log.observe('cases', events)).toBe(3);
      await push(log, 'health/referral-1', 'ReferralAccepted');
      const all = await assertContiguous(log);
      expect(all.slice(1, 4)).toEqual(events.map((copy, n) => ({ ...copy, position: n + 2, source: 'cases' })));
      expect((await collect(log.readStream(CASE))).map(({ version }) => version)).toEqual([1, 2]);
      expect((await collect(log.readOwn({ from: 0 }))).map(({ sequence }) => sequence)).toEqual([0, 1]);
    });

    it('gives an event and its copy the audit leaf of the golden file', async () => {
      const { event: expected, leaf } = readGolden();
      const { stream, version, sequence, recordedAt, ...opened } = expected;
      const cases = await engine.open('cases', { clock: () => new Date(recordedAt) });
      await cases.log.append({ writes: [{ stream, expectedVersion: 0, events: [opened] }] });
      await log.observe('cases', await collect(cases.log.readOwn({ from: 0 })));
      const [own] = await collect(cases.log.readLog({ after: 0 }));
      const [copy] = await collect(log.readLog({ after: 0 }));
      expect(own).toEqual({ ...expected, position: 1 });
      expect([own, copy].map((entry) => auditLeaf(entry!))).toEqual([leaf, leaf]);
    });

    it('passes over what is here already', async () => {
      await log.observe('cases', events.slice(0, 2));
      expect(await log.observe('cases', events)).toBe(1);
      expect(await log.observe('cases', events)).toBe(0);
      expect(await assertContiguous(log)).toHaveLength(3);
    });

    it('refuses to leave a gap, and writes nothing', async () => {
      await log.observe('cases', events.slice(0, 1));
      const gap = log.observe('cases', events.slice(2));
      await expect(gap).rejects.toThrow(SourceGap);
      await expect(gap).rejects.toMatchObject({ source: 'cases', expected: 1, offered: 2 });
      await expect(log.observe('cases', [events[1]!, published(CASE, 3, 4)])).rejects.toThrow(SourceGap);
      expect(await assertContiguous(log)).toHaveLength(1);
      expect(await log.observe('cases', events.slice(1))).toBe(2);
    });

    it.each<[string, PublishedEvent, string, number]>([
      ['another event under a known stream and version', published(CASE, 1, 0, { other: true }), CASE, 1],
      ['a known sequence under another stream', published('cases/case-new', 1, 1), 'cases/case-new', 1],
      ['a known stream and version under the next sequence', published(CASE, 2, 3), CASE, 2],
      ['a hole in a stream', published(CASE, 4, 3), CASE, 4],
    ])('parks a source that publishes %s', async (_, contradiction, stream, version) => {
      await log.observe('cases', events);
      await expect(log.observe('cases', [contradiction])).rejects.toThrow(SourceForked);
      expect((await progress())?.forkedAt).toEqual({ stream, version });
      await expect(log.observe('cases', [published(CASE, 3, 3)])).rejects.toThrow(SourceForked);
      ({ log } = await engine.crash('health'));
      await expect(log.observe('cases', [published(CASE, 3, 3)])).rejects.toThrow(SourceForked);
      expect((await progress())?.forkedAt).toEqual({ stream, version });
      expect(await assertContiguous(log)).toHaveLength(3);
    });

    it('keeps what a source published before it contradicted itself', async () => {
      await expect(log.observe('cases', [...events, published(CASE, 2, 3)])).rejects.toThrow(SourceForked);
      expect(await assertContiguous(log)).toHaveLength(3);
    });

    it('parks a source whose log ends before the copy does', async () => {
      await log.observe('cases', events);
      const head = { sequence: 0, at: '2026-11-20T12:00:00.000Z' };
      await expect(log.observe('cases', [], head)).rejects.toThrow(SourceForked);
      expect((await progress())?.forkedAt).toEqual({ stream: 'cases/case-moussa', version: 1 });
    });

    it('guards observed streams too', async () => {
      await log.observe('cases', events);
      const writes = [{ stream: 'health/referral-1', expectedVersion: 0, events: [event('ReferralSent')] }];
      await expect(log.append({ writes, guards: [{ stream: CASE, version: 1 }] })).rejects.toThrow(
        WrongExpectedVersion,
      );
      await log.append({ writes, guards: [{ stream: CASE, version: 2 }] });
    });

    it('refuses itself as a source, streams that are not the source’s, and what is not plain JSON', async () => {
      const bad = [
        log.observe('health', []),
        log.observe('audit', events),
        log.observe('cases', [{ ...events[0]!, data: { share: 0.5 } }]),
        log.observe('cases', [{ ...events[0]!, recordedAt: 'yesterday' }]),
      ];
      for (const refused of bad) await expect(refused).rejects.toThrow(TypeError);
      expect(await log.lastPosition()).toBe(0);
    });

    it('keeps fields of an envelope that it does not know', async () => {
      const newer = { ...events[0]!, traceparent: '00-ab-01' };
      await log.observe('cases', [newer]);
      expect((await collect(log.readLog({ after: 0 })))[0]).toEqual({ ...newer, position: 1, source: 'cases' });
    });

    it('is complete up to the newest head whose events are all here', async () => {
      const at = (hour: number) => `2026-11-20T${hour}:00:00.000Z`;
      expect(await log.sources()).toEqual([]);
      await log.observe('cases', [], { sequence: -1, at: '2026-11-20T09:00:00.000Z' });
      expect(await progress()).toEqual({ source: 'cases', sequence: -1, completeUpTo: '2026-11-20T09:00:00.000Z' });
      await log.observe('cases', events.slice(0, 2), { sequence: 2, at: at(11) });
      expect((await progress())?.completeUpTo).toBe(events[1]!.recordedAt);
      await log.observe('cases', events.slice(2));
      expect(await progress()).toEqual({ source: 'cases', sequence: 2, completeUpTo: at(11) });
      await log.observe('cases', [], { sequence: 2, at: at(12) });
      expect((await progress())?.completeUpTo).toBe(at(12));
      await log.observe('cases', [], { sequence: 1, at: at(11) });
      expect((await progress())?.completeUpTo).toBe(at(12));
      ({ log } = await engine.crash('health'));
      expect((await progress())!.completeUpTo! >= at(11)).toBe(true);
    });

    it('copies one offer once when it comes many times at once', async () => {
      const counts = await Promise.all(Array.from({ length: 10 }, () => log.observe('cases', events)));
      expect(counts.reduce((sum, count) => sum + count)).toBe(3);
      expect(await assertContiguous(log)).toHaveLength(3);
    });
  });
}

function readGolden(): { event: PublishedEvent; leaf: string } {
  return JSON.parse(readFileSync(new URL('../leaf.golden.json', import.meta.url), 'utf8'));
}
