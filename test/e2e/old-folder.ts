import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { newFolder } from './world.js';

const kept = join(import.meta.dirname, 'data-of-version-1');
/** What was done on that folder before it was put away; the people in it are invented, its key opens nothing else. */
export const caseId = '01a20bb2-1ba1-7565-ae9d-8dace64fe7d1';
export const referralId = '01a20bb2-1bba-720c-b37c-06e06fe96778';
export const transferId = '01a20bb2-1bed-77bb-a4fb-3be91f0605a3';
export const closedCaseId = '01a20bb2-1bf4-71e7-9075-093837cb09cb';

/** The data folder as the first version of the format left it. */
export function oldFolder(): string {
  const folder = newFolder();
  for (const name of readdirSync(kept).filter((file) => file.endsWith('.gz'))) {
    writeFileSync(join(folder, name.replace('.gz', '')), gunzipSync(readFileSync(join(kept, name))));
  }
  writeFileSync(join(folder, 'kek'), readFileSync(join(kept, 'kek')), { mode: 0o600 });
  return folder;
}
