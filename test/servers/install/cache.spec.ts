import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { installed } from './cache.js';

const root = resolve(import.meta.dirname, '../../..');
const loader = join(root, 'libs/event-log-sqlite/src/typescript.fixtures.mjs');

let where: string;
beforeEach(() => {
  where = mkdtempSync(join(tmpdir(), 'ihala-cache-'));
});
afterEach(() => rmSync(where, { recursive: true }));

const started: ChildProcess[] = [];
afterEach(() => started.splice(0).forEach((child) => child.kill('SIGKILL')));

function installing(ms: number) {
  const fixture = join(import.meta.dirname, 'installing.fixtures.ts');
  const child = spawn(process.execPath, ['--import', loader, fixture, where, String(ms)], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  started.push(child);
  return child;
}

const made = () => (existsSync(join(where, 'made')) ? readFileSync(join(where, 'made'), 'utf8').length : 0);
const cup = () => readFileSync(join(where, 'tea-1/cup'), 'utf8');

it('is made once when two processes ask at once, and neither sees half of it', async () => {
  const homes = await Promise.all([installing(500), installing(500)].map(({ stdout }) => text(stdout)));
  expect(homes).toEqual([join(where, 'tea-1'), join(where, 'tea-1')]);
  expect([made(), cup()]).toEqual([1, 'half']);
}, 30_000);

it('is begun anew when the process that made it was killed', async () => {
  const first = installing(60_000);
  while (made() === 0) await sleep(10);
  const second = installing(0);
  await sleep(300);
  expect(existsSync(join(where, 'tea-1'))).toBe(false);
  first.kill('SIGKILL');
  expect(await once(second, 'exit')).toEqual([0, null]);
  expect([made(), cup()]).toEqual([2, 'half']);
}, 30_000);

it('that fails leaves nothing behind, says why, and may be tried again', async () => {
  const make = () => Promise.reject(new Error('mvn is not on the PATH'));
  for (let n = 0; n < 2; n++) {
    await expect(installed({ name: 'tea-2', file: 'cup', make }, where)).rejects.toThrow('mvn is not on the PATH');
    expect(readdirSync(where).filter((name) => !name.endsWith('.turn'))).toEqual([]);
  }
});
