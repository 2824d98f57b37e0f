import { setTimeout as sleep } from 'node:timers/promises';

/** @throws Error when it takes more than 20 s */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = performance.now() + 20_000; !(await condition());) {
    if (performance.now() > end) throw new Error('waited in vain');
    await sleep(10);
  }
}
