import { type ChildProcessByStdio as Spawned, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { DatabaseSync } from 'node:sqlite';
import { Client, Tokens } from './client.js';
import type { Employee } from './people.js';
import { onDiskOf } from './program.js';

const root = resolve(import.meta.dirname, '../..');

/** Builds what is run; one test file at a time, since they all write to the same folders. */
export function build(): void {
  const turn = new DatabaseSync(join(tmpdir(), 'ihala-build-turn.sqlite'), { timeout: 120_000 });
  turn.exec('BEGIN EXCLUSIVE');
  try {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [tsc, '-b', ...globSync('services/*/tsconfig.json', { cwd: root })], { cwd: root });
  } finally {
    turn.close();
  }
}

type Process = Spawned<null, Readable, Readable>;
type Settings = Readonly<Record<string, string>>;
interface Bounds {
  /** no file grows beyond this many KiB: to who writes, a disk that is full */
  readonly fileKiB?: number;
  /** user and group */
  readonly uid?: number;
  readonly gid?: number;
}

function launch(folder: string, settings: Settings, { fileKiB, ...user }: Bounds): Process {
  const main = join(root, 'services/standalone/dist/main.js');
  const [command, parameters] = onDiskOf(fileKiB, process.execPath, '--disable-warning=ExperimentalWarning', main);
  return spawn(command, parameters, {
    env: { PATH: process.env['PATH'], IHALA_DATA: folder, PORT: '0', IHALA_DEV_ISSUER: '1', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  });
}

/** A start that ends by itself, and what it said on standard error and told on standard output. */
export async function startFailed(
  folder: string,
  settings: Settings = {},
  bounds: Bounds = {},
): Promise<{ readonly code: number | null; readonly said: string; readonly told: string }> {
  const child = launch(folder, { IHALA_LOG_LEVEL: 'silent', ...settings }, bounds);
  // one that starts all the same is ended, and seen to have been; so is one that never ends
  child.stdout.on('data', (chunk: Buffer) => /ready at/.test(String(chunk)) && child.kill('SIGKILL'));
  const patience = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const [told, said, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  clearTimeout(patience);
  return { code: code as number | null, said, told };
}

/** Ihala as a process of its own, which may be killed. */
export class ServerProcess {
  readonly anybody: Client;
  readonly #tokens: Tokens;

  private constructor(
    private readonly child: Process,
    readonly output: readonly Buffer[],
    url: string,
  ) {
    this.anybody = new Client(url);
    this.#tokens = new Tokens(url);
  }

  static async start(
    folder: string,
    logLevel = 'trace',
    settings: Settings = {},
    bounds: Bounds = {},
  ): Promise<ServerProcess> {
    const child = launch(folder, { IHALA_LOG_LEVEL: logLevel, ...settings }, bounds);
    const output: Buffer[] = [];
    const url = await new Promise<string>((found, failed) => {
      const listen = (chunk: Buffer) => {
        output.push(chunk);
        const [, address] = /ready at (\S+)/.exec(Buffer.concat(output).toString()) ?? [];
        if (address) found(address);
      };
      child.stdout.on('data', listen);
      child.stderr.on('data', listen);
      child.once('exit', (code) => failed(new Error(`exited with ${code}: ${Buffer.concat(output).toString()}`)));
    });
    return new ServerProcess(child, output, url);
  }

  async as(employee: Employee): Promise<Client> {
    return new Client(this.anybody.url, await this.#tokens.of(employee));
  }

  tokenOf(employee: Employee): Promise<string> {
    return this.#tokens.of(employee);
  }

  /** The disk is as large as before. */
  makeRoom(): void {
    execFileSync('prlimit', ['--pid', String(this.child.pid), '--fsize=unlimited']);
  }

  /** @returns the exit code, or null when the signal ended it */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const ended = once(this.child, 'exit') as Promise<[number | null]>;
    this.child.kill(signal);
    return (await ended)[0];
  }
}
