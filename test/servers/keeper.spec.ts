import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { describeWithOwn } from './index.js';
import { install } from './install/install.js';
import { KEEPER } from './keeper-process.js';
import { isClosed, until } from './probes.js';

jest.setTimeout(120_000);
const root = resolve(import.meta.dirname, '../..');
const loader = join(root, 'libs/event-log-sqlite/src/typescript.fixtures.mjs');

/** Nothing that this test run was given. */
const ofItsOwn = { [KEEPER]: undefined, IHALA_TEST_REDIS: undefined };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ihala-held-'));
});
afterEach(() => {
  for (const run of started.splice(0)) run.kill('SIGKILL');
  rmSync(folder, { recursive: true, maxRetries: 10, retryDelay: 200 });
});
const started: ChildProcess[] = [];

/** A test run of its own, of one file, whose temporary files lie in this test's folder. */
function testRun(environment: NodeJS.ProcessEnv = {}): ChildProcess & { readonly said: Promise<string> } {
  const jestProgram = join(root, 'node_modules/jest/bin/jest.js');
  const child = spawn(process.execPath, [jestProgram, '--testMatch', '**/test/servers/held.fixtures.ts'], {
    cwd: root,
    env: {
      ...process.env,
      ...ofItsOwn,
      TMPDIR: folder,
      IHALA_TEST_NOTES: join(folder, 'notes'),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = Promise.all([text(child.stdout), text(child.stderr)]).then((parts) => parts.join(''));
  started.push(child);
  return Object.assign(child, { said });
}

interface Held {
  /** of the shared server, and of the one of its own */
  readonly ports: readonly [number, number];
  readonly pid: number;
}

async function held(run: ChildProcess): Promise<Held> {
  await until(() => existsSync(join(folder, 'notes')) || run.exitCode !== null);
  const told = JSON.parse(readFileSync(join(folder, 'notes'), 'utf8')) as Held;
  expect(await closed(told)).toEqual([false, false]);
  return told;
}

const closed = ({ ports }: Held) => Promise.all(ports.map(isClosed));
const allClosed = async (told: Held) => (await closed(told)).every(Boolean);
/** what keeper and servers had on disk */
const remains = () => readdirSync(folder).filter((name) => /^ihala-/.test(name));
const parentOf = (pid: number) => Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

await describeWithOwn('redis', 'the servers of a test run', () => {
  it('end with it', async () => {
    const run = testRun();
    const told = await held(run);
    expect(remains()).not.toEqual([]);
    writeFileSync(join(folder, 'notes.end'), '');
    expect(await once(run, 'exit')).toEqual([0, null]);
    expect([await closed(told), remains()]).toEqual([[true, true], []]);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'end when it is ended by %s, and nothing of them remains',
    async (signal) => {
      const run = testRun();
      const told = await held(run);
      run.kill(signal);
      await until(async () => (await allClosed(told)) && remains().length === 0);
    },
  );
});

await describeWithOwn('redis', 'the server of a program', () => {
  const keepers = { 'with a keeper of its own': undefined, 'with the keeper of a test run': process.env[KEEPER] };

  it.each(Object.entries(keepers))('ends with it, %s', async (_, keeper) => {
    const parameters = ['--import', loader, join(import.meta.dirname, 'program.fixtures.ts')];
    const program = spawn(process.execPath, parameters, {
      env: { ...process.env, NODE_OPTIONS: '', TMPDIR: folder, [KEEPER]: keeper },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(program);
    const [said] = (await once(program.stdout, 'data')) as [Buffer];
    const port = Number(said.toString());
    expect(await isClosed(port)).toBe(false);
    program.kill('SIGKILL');
    await until(() => isClosed(port));
  });
});

const native = await install('redis').then(
  () => it,
  () => it.skip,
);
native('servers die even with a keeper that is killed', async () => {
  const run = testRun({ IHALA_TEST_SERVERS: 'native' });
  const told = await held(run);
  process.kill(parentOf(told.pid), 'SIGKILL');
  await until(() => allClosed(told));
});

describe('where no server can be had', () => {
  const none = { IHALA_TEST_SERVERS: 'none' };

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

  it('an address in the environment is used all the same', async () => {
    const run = testRun({ ...none, IHALA_TEST_REDIS: 'redis://127.0.0.1:1', CI: undefined });
    expect(await run.said).toMatch(/ECONNREFUSED 127\.0\.0\.1:1\b/);
  });
});
