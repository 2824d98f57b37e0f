import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { assertContiguous, randomness, SEED } from '@ihala/event-log/conformance';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataFileInUse, openSqliteService } from './index.js';

const fixture = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));

describe(`a process killed in the middle of appending (IHALA_SEED=${SEED})`, () => {
  let folder: string;
  let path: string;
  let child: ChildProcess | undefined;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ihala-kill-'));
    path = join(folder, 'cases.sqlite');
  });
  afterAll(() => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  /** Starts a process that appends, kills it some time after its first acknowledgement, and returns all of these. */
  const killAfter = async (ms: number, meanwhile = () => {}) => {
    const started = (child = spawn(
      process.execPath,
      [
        '--conditions=@ihala/source',
        '--import',
        fixture('typescript.fixtures.mjs'),
        fixture('doomed-process.fixtures.ts'),
        path,
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
      },
    ));
    let output = '';
    started.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await Promise.race([once(started.stdout, 'data'), once(started, 'exit')]);
    expect(started.exitCode).toBeNull();
    meanwhile();
    await new Promise((resolve) => setTimeout(resolve, ms));
    started.kill('SIGKILL');
    await once(started, 'close');
    return output.split('\n').slice(0, -1);
  };

  it('leaves every acknowledged append, each whole, and a log without holes', async () => {
    const random = randomness(SEED);
    const acknowledged: string[] = [];
    for (let life = 0; life < 4; life++) {
      acknowledged.push(...(await killAfter(random(150))));
      const { log, close } = openSqliteService(path, 'cases');
      const ids = new Set((await assertContiguous(log)).map(({ id }) => id));
      for (const id of acknowledged) {
        expect(ids.has(`${id}-opened`) && ids.has(`${id}-noted`)).toBe(true);
        expect(await log.findCommand(id)).toBeDefined();
      }
      expect(ids.size % 2).toBe(0);
      await close();
    }
    expect(acknowledged.length).toBeGreaterThan(50);
  }, 30_000);

  it('held its data file for itself while it lived', async () => {
    await killAfter(0, () => expect(() => openSqliteService(path, 'cases')).toThrow(DataFileInUse));
    await openSqliteService(path, 'cases').close();
  });
});
