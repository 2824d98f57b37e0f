// A test file that holds servers until it is told to end: what becomes of them then?
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { it } from '@jest/globals';
import { describeWith, startRedis } from './index.js';
import { askRedis, until } from './probes.js';

const notes = process.env['IHALA_TEST_NOTES']!;

await describeWith('redis', 'one who holds servers', (address) => {
  it('holds them', async () => {
    const shared = Number(address.split(':').at(-1));
    await askRedis(shared, 'PING');
    const { port, pid } = await startRedis();
    writeFileSync(`${notes}.part`, JSON.stringify({ ports: [shared, port], pid }));
    renameSync(`${notes}.part`, notes);
    await until(() => existsSync(`${notes}.end`));
  }, 60_000);
});
