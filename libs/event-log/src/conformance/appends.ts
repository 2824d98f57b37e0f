import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CommandReused, WrongExpectedVersion, type EventLog, type NewEvent } from '../index.js';
import { assertContiguous, collect, event, push, type Engine, type MakeEngine } from './engine.js';

const CASE = 'cases/case-aminata';

/** One append at a time: expectations, guards, command ids, numbering, reading back. */
export function appendConformance(makeEngine: MakeEngine): void {
  describe('append', () => {
    let engine: Engine;
    let log: EventLog;
    let now: Date;

    beforeEach(async () => {
      now = new Date('2026-11-20T10:00:00.000Z');
      engine = await makeEngine();
      ({ log } = await engine.open('cases', { clock: () => now }));
    });
    afterEach(() => engine.destroy());

    const write = (expectedVersion: number, ...types: string[]) => ({
      writes: [{ stream: CASE, expectedVersion, events: types.map((type) => event(type)) }],
    });

    it('numbers events and gives back the whole envelope', async () => {
      const opened = event('CaseOpened', { list: [1, 'é', true, { deep: [] }] }, { caseId: 'aminata' });
      const { replayed, versions } = await log.append({
        writes: [
          { stream: CASE, expectedVersion: 0, events: [opened, event('ConsentGiven')] },
          { stream: 'cases/case-moussa', expectedVersion: 0, events: [event('CaseOpened')] },
        ],
      });
      expect({ replayed, versions }).toEqual({
        replayed: false,
        versions: [
          { stream: CASE, version: 2 },
          { stream: 'cases/case-moussa', version: 1 },
        ],
      });
      const [first] = await assertContiguous(log);
      const assigned = { stream: CASE, version: 1, sequence: 0, position: 1, recordedAt: '2026-11-20T10:00:00.000Z' };
      expect(first).toEqual({ ...opened, ...assigned });
    });

    it.each([0, 1, 3, 9])('refuses expectation %i of a stream at version 2', async (expected) => {
      await log.append(write(0, 'CaseOpened', 'ConsentGiven'));
      const refused = log.append(write(expected, 'NoteAdded'));
      await expect(refused).rejects.toThrow(WrongExpectedVersion);
      await expect(refused).rejects.toMatchObject({ stream: CASE, expected, actual: 2 });
      expect(await assertContiguous(log)).toHaveLength(2);
    });

    it.each([0, 2])('refuses a guard at %i of a stream at version 1', async (version) => {
      await push(log, CASE, 'CaseOpened');
      const writes = [{ stream: 'cases/case-moussa', expectedVersion: 0, events: [event('CaseOpened')] }];
      await expect(log.append({ writes, guards: [{ stream: CASE, version }] })).rejects.toThrow(WrongExpectedVersion);
      await log.append({ writes, guards: [{ stream: CASE, version: 1 }] });
      expect(await assertContiguous(log)).toHaveLength(2);
    });

    it('writes nothing when one of several streams is not as expected', async () => {
      await push(log, CASE, 'CaseOpened');
      const moussa = { stream: 'cases/case-moussa', expectedVersion: 0, events: [event('CaseOpened')] };
      const stale = { stream: CASE, expectedVersion: 0, events: [event('CaseOpened')] };
      await expect(log.append({ writes: [moussa, stale] })).rejects.toThrow(WrongExpectedVersion);
      expect(await assertContiguous(log)).toHaveLength(1);
    });

    it('treats a write without events as a guard', async () => {
      await push(log, CASE, 'CaseOpened');
      expect((await log.append(write(1))).versions).toEqual([{ stream: CASE, version: 1 }]);
      await expect(log.append(write(2))).rejects.toThrow(WrongExpectedVersion);
    });

    it('answers a repeated command with the versions of the first time', async () => {
      const command = { id: 'key-1', fingerprint: 'f' };
      await log.append({ ...write(0, 'CaseOpened'), command });
      await push(log, CASE, 'ConsentGiven');
      const again = await log.append({ ...write(2, 'CaseOpened'), command });
      expect(again).toEqual({ replayed: true, versions: [{ stream: CASE, version: 1 }] });
      // it was decided on what was there the first time; what is there now does not count
      expect(await log.append({ ...write(0, 'CaseOpened'), command })).toEqual(again);
      expect(await log.findCommand('key-1')).toEqual({ ...command, versions: again.versions });
      expect(await log.findCommand('key-2')).toBeUndefined();
      expect(await assertContiguous(log)).toHaveLength(2);
    });

    it('refuses a command id that was used for something else', async () => {
      await log.append({ ...write(0, 'CaseOpened'), command: { id: 'key-1', fingerprint: 'f' } });
      const other = log.append({ ...write(1, 'NoteAdded'), command: { id: 'key-1', fingerprint: 'g' } });
      await expect(other).rejects.toThrow(CommandReused);
      expect(await assertContiguous(log)).toHaveLength(1);
    });

    it('does not remember a refused command', async () => {
      const command = { id: 'key-1', fingerprint: 'f' };
      await expect(log.append({ ...write(4, 'CaseOpened'), command })).rejects.toThrow(WrongExpectedVersion);
      expect(await log.findCommand('key-1')).toBeUndefined();
      expect((await log.append({ ...write(0, 'CaseOpened'), command })).replayed).toBe(false);
    });

    it('takes events as they are when append is called', async () => {
      const data = { urgency: 'urgent' };
      const appended = log.append({ writes: [{ stream: CASE, expectedVersion: 0, events: [event('Sent', data)] }] });
      data.urgency = 'routine';
      await appended;
      expect((await collect(log.readStream(CASE)))[0]?.data).toEqual({ urgency: 'urgent' });
    });

    it.each<[string, unknown]>([
      ['null', null],
      ['undefined', undefined],
      ['a fraction', 0.5],
      ['an unsafe integer', 2 ** 53],
      ['not a number', NaN],
      ['a lone surrogate', 'a\ud800'],
      ['a key with a lone surrogate', { '\udc00': 1 }],
      ['a date', new Date(0)],
      ['a hole', [1, , 2]], // eslint-disable-line no-sparse-arrays
      ['a function', () => 1],
      ['deep nesting', Array.from({ length: 40 }).reduce<unknown>((inner) => [inner], 1)],
    ])('refuses data that holds %s', async (_, value) => {
      const bad = event('CaseOpened', { value } as NewEvent['data']);
      await expect(log.append({ writes: [{ stream: CASE, expectedVersion: 0, events: [bad] }] })).rejects.toThrow(
        'not plain JSON: event.data.value',
      );
    });

    it('refuses streams of other services, a stream written twice, and fields that it assigns itself', async () => {
      const events = [event('CaseOpened')];
      const health = { stream: 'health/referral-1', expectedVersion: 0, events };
      const own = { stream: CASE, expectedVersion: 0, events };
      const numbered = { ...own, events: [{ ...events[0]!, sequence: 7 }] };
      for (const writes of [[health], [own, own], [numbered]]) {
        await expect(log.append({ writes })).rejects.toThrow(TypeError);
      }
      expect(await log.lastPosition()).toBe(0);
    });

    it('never lets the recorded instant go back', async () => {
      await push(log, CASE, 'CaseOpened');
      now = new Date('2026-11-20T11:00:00.000Z');
      expect(await log.head()).toEqual({ sequence: 0, at: '2026-11-20T11:00:00.000Z' });
      now = new Date('2026-11-20T10:30:00.000Z');
      await push(log, CASE, 'ConsentGiven');
      expect((await assertContiguous(log))[1]?.recordedAt).toBe('2026-11-20T11:00:00.000Z');
    });

    it('wakes readers after a commit, until they stop listening', async () => {
      let woken = 0;
      const stop = log.onCommit(() => woken++);
      await push(log, CASE, 'CaseOpened');
      await expect(log.append(write(9, 'NoteAdded'))).rejects.toThrow();
      expect(woken).toBe(1);
      stop();
      await push(log, CASE, 'ConsentGiven');
      expect(woken).toBe(1);
    });

    it('answers what was taken before it was closed, and takes nothing after', async () => {
      const taken = log.append(write(0, 'CaseOpened'));
      await Promise.resolve();
      const closed = log.close();
      await expect(log.append(write(1, 'NoteAdded'))).rejects.toThrow('closed');
      await closed;
      expect((await taken).versions).toEqual([{ stream: CASE, version: 1 }]);
    });
  });
}

/** The ways to read. */
export function readConformance(makeEngine: MakeEngine): void {
  describe('reading', () => {
    let engine: Engine;
    let log: EventLog;

    beforeEach(async () => {
      engine = await makeEngine();
      ({ log } = await engine.open('cases'));
      const noted = (count: number, caseId: string) =>
        Array.from({ length: count }, (_, n) => event('NoteAdded', { n }, { caseId }));
      await log.append({ writes: [{ stream: CASE, expectedVersion: 0, events: noted(700, 'aminata') }] });
      await log.append({ writes: [{ stream: 'cases/case-m', expectedVersion: 0, events: noted(600, 'moussa') }] });
      await log.append({ writes: [{ stream: CASE, expectedVersion: 700, events: noted(5, 'aminata') }] });
    });
    afterEach(() => engine.destroy());

    const positions = async (range: { after: number; limit?: number; caseId?: string }) =>
      (await collect(log.readLog(range))).map(({ position }) => position);
    const upTo = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, n) => first + n);

    it('reads streams in whole and in part, past the size of a batch', async () => {
      const versions = async (range?: { from?: number; to?: number }) =>
        (await collect(log.readStream(CASE, range))).map(({ version }) => version);
      expect(await versions()).toEqual(upTo(1, 705));
      expect(await versions({ from: 699, to: 702 })).toEqual([699, 700, 701, 702]);
      expect(await versions({ to: 0 })).toEqual([]);
      expect(await collect(log.readStream('cases/case-nobody'))).toEqual([]);
    });

    it('reads the log in position order', async () => {
      expect(await positions({ after: 0 })).toEqual(upTo(1, 1305));
      expect(await positions({ after: 1303, limit: 10 })).toEqual([1304, 1305]);
      expect(await positions({ after: 3, limit: 501 })).toEqual(upTo(4, 504));
      expect(await positions({ after: 0, limit: 0 })).toEqual([]);
      expect(await positions({ after: 650, caseId: 'aminata' })).toEqual([...upTo(651, 700), ...upTo(1301, 1305)]);
    });

    it('reads own events as they are published: without position', async () => {
      const own = await collect(log.readOwn({ from: 699, limit: 2 }));
      expect(own.map(({ sequence, stream }) => [sequence, stream])).toEqual([
        [699, CASE],
        [700, 'cases/case-m'],
      ]);
      expect(own[0]).not.toHaveProperty('position');
    });

    it('reads events at positions, in order, leaving out what does not exist', async () => {
      const found = await log.readAt([1301, 2, 5000, 701, 2]);
      expect(found.map(({ position, version }) => [position, version])).toEqual([
        [2, 2],
        [701, 1],
        [1301, 701],
      ]);
      expect(await log.readAt([])).toEqual([]);
    });
  });
}
