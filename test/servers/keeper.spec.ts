import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { describeWithOwn } from './index.js';
import { KEEPER } from './keeper-process.js';
import { runs } from './raw-requests.js';

jest.setTimeout(120_000);
const root = resolve(import.meta.dirname, '../..');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ihala-held-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A test run of its own, of one file, whose temporary files lie in this test's folder. */
function testRun(environment: Record<string, string | undefined>): ChildProcess & { readonly said: Promise<string> } {
  const jestProgram = join(root, 'node_modules/jest/bin/jest.js');
  const child = spawn(process.execPath, [jestProgram, '--testMatch', '**/test/servers/held.fixtures.ts'], {
    cwd: root,
    env: {
      ...process.env,
      [KEEPER]: undefined,
      TMPDIR: folder,
      IHALA_TEST_NOTES: join(folder, 'notes'),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = Promise.all([text(child.stdout), text(child.stderr)]).then((parts) => parts.join(''));
  return Object.assign(child, { said });
}

interface Held {
  readonly own: number;
  readonly shared: number;
}

async function held(run: ChildProcess): Promise<Held> {
  while (!existsSync(join(folder, 'notes'))) {
    if (run.exitCode !== null) throw new Error(`the test run ended with ${run.exitCode}`);
    await sleep(20);
  }
  const pids = JSON.parse(readFileSync(join(folder, 'notes'), 'utf8')) as Held;
  expect([runs(pids.own), runs(pids.shared)]).toEqual([true, true]);
  return pids;
}

async function untilGone(...pids: number[]): Promise<void> {
  while (pids.some(runs)) await sleep(20);
}

const parentOf = (pid: number) => Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
const remains = () => readdirSync(folder).filter((name) => /^ihala-/.test(name));

await describeWithOwn('redis', 'the servers of a test run', () => {
  it('end with it', async () => {
    const run = testRun({});
    const { own, shared } = await held(run);
    writeFileSync(join(folder, 'notes.end'), '');
    expect(await once(run, 'exit')).toEqual([0, null]);
    expect([runs(own), runs(shared), remains()]).toEqual([false, false, []]);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'end when it is ended by %s, and nothing of them remains',
    async (signal) => {
      const run = testRun({});
      const { own, shared } = await held(run);
      const keeper = parentOf(shared);
      run.kill(signal);
      await untilGone(own, shared, keeper);
      expect(remains()).toEqual([]);
    },
  );

  it('die even with a keeper that is killed', async () => {
    const run = testRun({});
    const { own, shared } = await held(run);
    process.kill(parentOf(shared), 'SIGKILL');
    await untilGone(own, shared);
    run.kill('SIGKILL');
  });
});

describe('where no server can be had', () => {
  const none = { IHALA_TEST_SERVERS: 'none', IHALA_TEST_REDIS: undefined };

  it('tests are skipped, and it is said why', async () => {
    const run = testRun({ ...none, CI: undefined });
    const [[code], said] = await Promise.all([once(run, 'exit'), run.said]);
    expect(code).toBe(0);
    expect(said).toMatch(/SKIPPED: one who holds servers: no redis is to be had here/);
    expect(said).toMatch(/Tests: +1 skipped, 1 total/);
  });

  it('CI fails', async () => {
    const run = testRun({ ...none, CI: 'true' });
    const [[code], said] = await Promise.all([once(run, 'exit'), run.said]);
    expect(code).toBe(1);
    expect(said).toMatch(/no redis is to be had here/);
    expect(said).toMatch(/Tests: +1 failed, 1 total/);
  });
});

describe('an address in the environment', () => {
  it('comes before everything else', async () => {
    const run = testRun({ IHALA_TEST_SERVERS: 'none', IHALA_TEST_REDIS: 'redis://127.0.0.1:1', CI: undefined });
    expect(await run.said).toMatch(/ECONNREFUSED 127\.0\.0\.1:1\b/);
  });
});
