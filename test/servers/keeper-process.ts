import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

// Imports nothing of ours: Jest's set-up runs it before anything is there that compiles.

const root = resolve(import.meta.dirname, '../..');

/** The environment variable that tells a test run's processes of its keeper's socket. */
export const KEEPER = 'IHALA_TEST_KEEPER';

/**
 * Starts the keeper of servers. It ends them, and itself, when its standard input closes: when this process ends,
 * in whatever way. It has a session of its own, so that Ctrl-C does not end servers before those who use them.
 */
export function startKeeper(): { readonly child: ChildProcess; readonly socket: string } {
  const socket = join(mkdtempSync(join(tmpdir(), 'ihala-keeper-')), 'socket');
  const loader = join(root, 'libs/event-log-sqlite/src/typescript.fixtures.mjs');
  const main = join(root, 'test/servers/keeper/main.ts');
  const flags = ['--disable-warning=ExperimentalWarning', '--import', loader];
  const child = spawn(process.execPath, [...flags, main, socket], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
  return { child, socket };
}
