import { setTimeout as sleep } from 'node:timers/promises';

/** Until `condition` holds. @throws Error when that takes longer than `ms` */
export async function until(condition: () => Promise<boolean> | boolean, ms = 20_000): Promise<void> {
  for (const end = performance.now() + ms; !(await condition());) {
    if (performance.now() > end) throw new Error('it did not come');
    await sleep(20);
  }
}
