import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bound } from './bound.js';
import { type Command, Instance, type Recipe } from './instance.js';

export class NativeProcess extends Instance {
  #child: ChildProcess | undefined;

  private constructor(
    private readonly command: Command,
    private readonly folder: string,
  ) {
    super();
  }

  static async make(recipe: Recipe, home: string): Promise<NativeProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'ihala-server-'));
    return new NativeProcess(await recipe.native(home, folder), folder);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    const output = openSync(join(this.folder, 'output'), 'a');
    const child = spawn(...bound(this.command.program, this.command.parameters), {
      cwd: this.folder,
      env: { ...process.env, ...this.command.environment },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    const forget = () => {
      if (this.#child === child) this.#child = undefined;
    };
    child.once('exit', forget).once('error', forget);
    this.#child = child;
    await once(child, 'spawn');
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    const impatient = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(impatient);
  }

  async freeze(): Promise<void> {
    this.#child?.kill('SIGSTOP');
  }

  async thaw(): Promise<void> {
    this.#child?.kill('SIGCONT');
  }

  async output(): Promise<string> {
    return readFileSync(join(this.folder, 'output'), 'utf8').slice(-2000);
  }

  async remove(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
