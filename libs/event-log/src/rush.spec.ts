import { describe, expect, it } from '@jest/globals';
import { Loop } from './loop.js';
import { Rush } from './rush.js';

const turn = () => new Promise(setImmediate);

/** A log, as far as a loop sees it. */
function commits() {
  const listeners = new Set<() => void>();
  const onCommit = (wake: () => void) => {
    listeners.add(wake);
    return () => void listeners.delete(wake);
  };
  return { onCommit, commit: () => listeners.forEach((wake) => wake()) };
}

/** How often a loop steps when something happens 100 times, with several turns in between. */
async function stepsFor(rush: Rush, happens: (loop: Loop, commit: () => void) => void): Promise<number> {
  let steps = 0;
  const log = commits();
  const loop = new Loop(
    log,
    async () => {
      steps += 1;
      return Infinity;
    },
    (error) => expect(error).toBeUndefined(),
    rush,
  );
  loop.start();
  await turn();
  for (let n = 0; n < 100; n++) {
    happens(loop, log.commit);
    for (let turns = 0; turns < 4; turns++) await turn();
  }
  await loop.stop();
  return steps;
}

/** Commands that end when they are told to. */
function commands(rush: Rush, count: number): () => Promise<void> {
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const all = Promise.all(Array.from({ length: count }, () => rush.during(() => ended)));
  return async () => {
    end();
    await all;
  };
}

describe('a rush', () => {
  it('is on while several commands are under way, and over a while after the last', async () => {
    const rush = new Rush();
    const one = commands(rush, 1);
    expect(rush.isOn).toBe(false);
    const two = commands(rush, 1);
    expect(rush.isOn).toBe(true);
    await one();
    expect(rush.isOn).toBe(true);
    const over = new Promise<void>((resolve) => rush.whenOver(resolve));
    await two();
    expect(rush.isOn).toBe(true);
    await over;
    expect(rush.isOn).toBe(false);
  });

  it('ends, too, when commands fail', async () => {
    const rush = new Rush();
    const over = new Promise<void>((resolve) => rush.whenOver(resolve));
    const failing = [1, 2].map(() => rush.during(() => Promise.reject(new Error('refused'))));
    expect(rush.isOn).toBe(true);
    await Promise.allSettled(failing);
    await over;
    expect(rush.isOn).toBe(false);
  });

  it('has followers gather what is committed, unless somebody waits; else they follow at once', async () => {
    const rush = new Rush();
    expect(await stepsFor(rush, (_, commit) => commit())).toBe(101);
    const end = commands(rush, 2);
    expect(await stepsFor(rush, (_, commit) => commit())).toBeLessThan(60);
    expect(await stepsFor(rush, (loop) => loop.wake())).toBe(101);
    await end();
  });

  it('that is over lets them go on', async () => {
    const rush = new Rush();
    const end = commands(rush, 2);
    let stepped = () => {};
    const log = commits();
    const loop = new Loop(
      log,
      async () => {
        stepped();
        return Infinity;
      },
      (error) => expect(error).toBeUndefined(),
      rush,
    );
    for (let n = 0; n < 20; n++) {
      const next = new Promise<void>((resolve) => (stepped = resolve));
      if (n === 0) loop.start();
      else log.commit();
      if (n === 10) await end();
      await next;
    }
    await loop.stop();
  });
});
