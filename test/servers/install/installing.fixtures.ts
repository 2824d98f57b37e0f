// `node … installing.fixtures.ts <folder> <milliseconds>`: installs a thing that takes its time, then says so.
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installed } from './cache.js';

const [where, ms] = process.argv.slice(2) as [string, string];
const home = await installed(
  {
    name: 'tea-1',
    file: 'cup',
    async make(folder) {
      appendFileSync(join(where, 'made'), 'x');
      writeFileSync(join(folder, 'cup'), 'ha');
      await sleep(Number(ms));
      appendFileSync(join(folder, 'cup'), 'lf');
    },
  },
  where,
);
process.stdout.write(home);
