import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SlidingWindow } from './sliding-window.js';

const minute = 60_000;

/** A window whose clock stands still until it is moved. */
function windowOf(limit: number, mostNames?: number) {
  const clock = { now: 0 };
  return { clock, window: new SlidingWindow(limit, () => clock.now, mostNames) };
}

describe('a sliding window', () => {
  it('lets the limit pass at once, then refuses and says how long to wait', () => {
    const { clock, window } = windowOf(6000);
    clock.now = 59_000;
    for (let n = 0; n < 6000; n += 1) expect(window.take('fatima')).toBe(0);
    expect(window.take('fatima')).toBeGreaterThan(0);
    expect(window.take('karim')).toBe(0);
    clock.now = 61_000;
    expect(window.take('fatima')).toBe(0);
    for (let n = 1; n < 100; n += 1) window.take('fatima');
    expect(window.take('fatima')).toBeGreaterThan(0);
  });

  it('forgets all after two minutes of silence', () => {
    const { clock, window } = windowOf(2);
    window.take('fatima');
    window.take('fatima');
    clock.now = 2 * minute;
    expect([window.take('fatima'), window.take('fatima')]).toEqual([0, 0]);
  });

  it('does not count what it refuses: who keeps asking is not kept out for longer', () => {
    const { clock, window } = windowOf(2);
    for (let n = 0; n < 100; n += 1) window.take('fatima');
    const wait = window.wait('fatima');
    clock.now += wait;
    expect(window.take('fatima')).toBe(0);
  });

  it('opens when it said, not before; and never lets more than twice the limit pass in a minute', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 50, maxLength: 300 }),
        (limit, pauses) => {
          const { clock, window } = windowOf(limit);
          const passed: number[] = [];
          for (const pause of pauses) {
            clock.now += pause;
            const wait = window.take('fatima');
            if (wait === 0) passed.push(clock.now);
            else {
              const at = clock.now;
              clock.now = at + wait - 1;
              expect(wait <= 1 || window.wait('fatima') > 0).toBe(true);
              clock.now = at + wait + 1;
              expect(window.wait('fatima')).toBe(0);
              clock.now = at;
            }
          }
          for (const start of passed) {
            const within = passed.filter((at) => at >= start && at < start + minute).length;
            expect(within).toBeLessThanOrEqual(2 * limit);
          }
        },
      ),
    );
  });

  it('remembers a bounded number of names, and of these the ones heard of last', () => {
    const { window } = windowOf(1, 100);
    window.take('fatima');
    for (let n = 0; n < 1000; n += 1) {
      window.take(`stranger ${n}`);
      expect(window.take('fatima')).toBeGreaterThan(0);
    }
    expect(window.size).toBe(100);
  });
});
