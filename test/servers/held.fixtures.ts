// A test file that holds servers until it is told to end: what becomes of them then?
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { it } from '@jest/globals';
import { describeWith, startRedis } from './index.js';
import { askRedis } from './raw-requests.js';

const notes = process.env['IHALA_TEST_NOTES']!;

await describeWith('redis', 'one who holds servers', (address) => {
  it('holds them', async () => {
    const told = await askRedis(Number(address.split(':').at(-1)), 'INFO server');
    const shared = Number(/process_id:(\d+)/.exec(told)?.[1]);
    const own = await startRedis();
    writeFileSync(`${notes}.part`, JSON.stringify({ own: own.pid, shared }));
    renameSync(`${notes}.part`, notes);
    while (!existsSync(`${notes}.end`)) await sleep(20);
  }, 60_000);
});
