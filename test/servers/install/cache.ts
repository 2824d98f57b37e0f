import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './run.js';

const cache = resolve(import.meta.dirname, '../../../node_modules/.cache/ihala-servers');

export interface Installation {
  /** with its version: another one is another folder */
  readonly name: string;
  /** what is there once it is installed */
  readonly file: string;
  /** @param folder empty; it is moved to its place when this is done */
  make(folder: string): Promise<void>;
}

/**
 * @param where the folder of all installations
 * @returns where it is installed, by this process or, if they ask at once, by another; half an installation is never seen
 */
export async function installed({ name, file, make }: Installation, where = cache): Promise<string> {
  const home = join(where, name);
  if (existsSync(join(home, file))) return home;
  mkdirSync(where, { recursive: true });
  const giveUpTurn = await takeTurn(join(where, `${name}.turn`));
  const part = join(where, `${name}.part`);
  try {
    if (existsSync(join(home, file))) return home;
    for (const folder of [home, part]) rmSync(folder, { recursive: true, force: true });
    mkdirSync(part);
    const began = performance.now();
    say(`installing ${name} (once)`);
    await make(part);
    renameSync(part, home);
    say(`${name} is installed, in ${Math.ceil((performance.now() - began) / 1000)} s`);
    return home;
  } finally {
    rmSync(part, { recursive: true, force: true });
    giveUpTurn();
  }
}

/** One process at a time. The lock of a process that dies is gone with it, which no file of one's own can promise. */
async function takeTurn(path: string): Promise<() => void> {
  for (let told = false; ; await sleep(200)) {
    const lock = new DatabaseSync(path, { timeout: 0 });
    try {
      lock.exec('BEGIN EXCLUSIVE');
      return () => lock.close();
    } catch (error) {
      lock.close();
      if ((error as { errcode?: number }).errcode !== 5) throw error;
      if (!told) say('waiting for another process that installs the same');
      told = true;
    }
  }
}
