import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from './waiting.fixtures.js';

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Replaces the process's clock by one that is wrong by so much. */
const shifted = (ms: number) =>
  `const Right=Date;globalThis.Date=class Date extends Right{constructor(...args){args.length?super(...args):super(Right.now()+${ms})}static now(){return Right.now()+${ms}}}`;

/** A replica that a test freezes, kills, and hears of. */
export class ReplicaProcess {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;
  #rest = '';

  /** @param clockMs how far its clock is off */
  constructor(uri: string, database: string, work: 'append' | 'relay', clockMs = 0) {
    const sources = pathOf('../../event-log-sqlite/src/typescript.fixtures.mjs');
    this.#process = spawn(
      process.execPath,
      [
        ...['--conditions=@ihala/source', '--import', sources, '--import', `data:text/javascript,${shifted(clockMs)}`],
        ...[pathOf('replica.fixtures.ts'), uri, database, work],
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
      },
    );
    this.#process.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop()!;
      this.lines.push(...lines);
    });
  }

  /** What it said after a word. */
  said(word: string): readonly string[] {
    return this.lines.filter((line) => line.split(' ')[0] === word).map((line) => line.slice(word.length + 1));
  }

  /** Until it has said a word so often. */
  async says(word: string, times = 1): Promise<void> {
    await until(() => {
      if (this.#process.exitCode !== null) throw new Error('the replica ended');
      return this.said(word).length >= times;
    });
  }

  freeze(): void {
    this.#process.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'close');
  }
}
