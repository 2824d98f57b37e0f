import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { CommandReused, WrongExpectedVersion, type Append, type EventLog } from '../index.js';
import { assertContiguous, collect, event, push, randomness, SEED, type Engine, type MakeEngine } from './engine.js';

const ROUNDS = 60;

/** Appends that compete: for one stream, across streams that guard each other, under one command id. */
export function raceConformance(makeEngine: MakeEngine): void {
  describe(`races (IHALA_SEED=${SEED})`, () => {
    let engine: Engine;
    let log: EventLog;

    beforeEach(async () => {
      engine = await makeEngine();
      ({ log } = await engine.open('cases'));
    });
    afterEach(() => engine.destroy());

    it('lets exactly one of many appends at one expectation win', async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 100 }, (_, n) =>
          log.append({
            writes: [{ stream: 'cases/case-a', expectedVersion: 0, events: [event('CaseOpened', { n })] }],
          }),
        ),
      );
      const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      expect(reasons).toHaveLength(99);
      for (const reason of reasons) expect(reason).toBeInstanceOf(WrongExpectedVersion);
      expect(await assertContiguous(log)).toHaveLength(1);
    });

    it('appends one of 20 parallel commands with one id, and answers all alike', async () => {
      const append: Append = {
        writes: [{ stream: 'cases/case-a', expectedVersion: 0, events: [event('CaseOpened')] }],
        command: { id: 'key-1', fingerprint: 'f' },
      };
      const results = await Promise.all(Array.from({ length: 20 }, () => log.append(append)));
      expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1);
      for (const { versions } of results) expect(versions).toEqual([{ stream: 'cases/case-a', version: 1 }]);
      expect(await assertContiguous(log)).toHaveLength(1);
    });

    it('appends one of 20 parallel commands that share an id by mistake, and refuses the others', async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) =>
          log.append({
            writes: [{ stream: `cases/case-${n}`, expectedVersion: 0, events: [event('CaseOpened')] }],
            command: { id: 'key-1', fingerprint: `f${n}` },
          }),
        ),
      );
      const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      expect(reasons).toHaveLength(19);
      for (const reason of reasons) expect(reason).toBeInstanceOf(CommandReused);
      expect(await assertContiguous(log)).toHaveLength(1);
    });

    it('never sends a referral after the withdrawal of the consent it was decided on', async () => {
      const random = randomness(SEED);
      let decidedAgain = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const consent = `cases/case-${round}`;
        await push(log, consent, 'ConsentGiven');
        const senders = [0, 1, 2].map((n) => send(log, consent, `cases/referral-${round}-${n}`, () => random(4)));
        const [, ...conflicts] = await Promise.all([withdraw(log, consent, () => random(8)), ...senders]);
        decidedAgain += conflicts.reduce((sum, count) => sum + count, 0);
      }
      const events = await assertContiguous(log);
      const withdrawnAt = new Map(
        events.filter(({ type }) => type === 'ConsentWithdrawn').map(({ stream, position }) => [stream, position]),
      );
      const sent = events.filter(({ type }) => type === 'ReferralSent');
      const late = sent.filter(({ data, position }) => position > withdrawnAt.get(data['consent'] as string)!);
      expect(late).toEqual([]);
      // else the rounds proved nothing: some sends must have come first, and some have been overtaken
      expect(withdrawnAt.size).toBe(ROUNDS);
      expect(sent.length).toBeGreaterThan(0);
      expect(decidedAgain).toBeGreaterThan(0);
    });
  });
}

async function idle(turns: number): Promise<void> {
  for (let n = 0; n < turns; n++) await turn();
}

async function withdraw(log: EventLog, consent: string, chance: () => number): Promise<void> {
  await idle(chance());
  await push(log, consent, 'ConsentWithdrawn');
}

/** Decides on what it reads, then appends under a guard; if overtaken, decides again. @returns how often it was overtaken */
async function send(log: EventLog, consent: string, referral: string, chance: () => number): Promise<number> {
  for (let overtaken = 0; ; overtaken++) {
    await idle(chance());
    const history = await collect(log.readStream(consent));
    if (history.some(({ type }) => type === 'ConsentWithdrawn')) return overtaken;
    await idle(chance());
    try {
      await log.append({
        writes: [{ stream: referral, expectedVersion: 0, events: [event('ReferralSent', { consent })] }],
        guards: [{ stream: consent, version: history.length }],
      });
      return overtaken;
    } catch (error) {
      if (!(error instanceof WrongExpectedVersion)) throw error;
    }
  }
}
