import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Wire } from './wire.js';

export const root = resolve(import.meta.dirname, '../..');

export interface Launch {
  /** the built product: this one, or a copy of it with a fault put in */
  readonly product?: string;
  /** where to fail; see fault-point.mjs */
  readonly faultPoint?: string;
}

/** A gauge of what a reaction or a timer has still to do, or had to leave. */
const leftUndone = /^ihala_(reaction_behind_positions|timer_late_seconds|parked)\{.*\} (?!0$)/;

/** Whether a process says that it is ready, and that nothing is left to do. */
export async function isQuiet(url: string): Promise<boolean> {
  const wire = new Wire(url);
  try {
    const { status } = await wire.send({ method: 'GET', path: '/readyz', headers: {} });
    const metrics = await wire.send({ method: 'GET', path: '/metrics', headers: {} });
    return status === 200 && !metrics.text.split('\n').some((line) => leftUndone.test(line));
  } finally {
    wire.close();
  }
}

/** Ihala as a process of its own, with everything that may be done to one. */
export class Server {
  readonly #child: ChildProcess;
  readonly #output: Buffer[] = [];
  readonly exited: Promise<unknown>;

  /** Starts it; `ready` tells when it is there. */
  constructor(folder: string, { product = root, faultPoint }: Launch = {}) {
    const preload = ['--import', join(import.meta.dirname, 'fault-point.mjs')];
    const main = join(product, 'services/standalone/dist/main.js');
    this.#child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', ...(faultPoint === undefined ? [] : preload), main],
      {
        env: {
          PATH: process.env['PATH'],
          IHALA_DATA: folder,
          PORT: '0',
          IHALA_DEV_ISSUER: '1',
          IHALA_LOG_LEVEL: 'trace',
          ...(faultPoint !== undefined && { FAULT_POINT: faultPoint }),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.exited = once(this.#child, 'exit');
    // whatever becomes of us, it does not outlive us
    const end = () => this.#child.kill('SIGKILL');
    process.once('exit', end);
    this.#child.once('exit', () => process.off('exit', end));
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on('data', (chunk: Buffer) => this.#output.push(chunk));
    }
  }

  /** Everything it printed. */
  get output(): Buffer {
    return Buffer.concat(this.#output);
  }

  get #isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Its address, once it has one; undefined: it ended before. */
  async ready(): Promise<string | undefined> {
    while (this.#isAlive) {
      const [, url] = /ready at (\S+)/.exec(this.output.toString()) ?? [];
      if (url !== undefined) return url;
      await Promise.race([this.exited, once(this.#child.stdout!, 'data')]);
    }
    return undefined;
  }

  /** Whether every view, copy and reaction catches up, before long, and leaves nothing undone. */
  async catchesUp(): Promise<boolean> {
    const url = (await this.ready())!;
    // what reactions write has to be copied, folded and reacted to in its turn: so it is quiet once it is quiet twice
    let quiet = 0;
    for (let attempt = 0; attempt < 100 && quiet < 2; attempt += 1) {
      if (attempt > 0) await pause(100);
      quiet = (await isQuiet(url)) ? quiet + 1 : 0;
    }
    return quiet === 2;
  }

  /** Holds it where it is while something is done, between two of its instructions. */
  async frozen<T>(work: () => T): Promise<T> {
    this.#child.kill('SIGSTOP');
    await pause(5);
    try {
      return work();
    } finally {
      this.#child.kill('SIGCONT');
    }
  }

  /** @returns the exit code, or null when a signal ended it */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.#isAlive) this.#child.kill(signal);
    await this.exited;
    return this.#child.exitCode;
  }
}
