import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export type Environment = Readonly<Record<string, string>>;

const root = resolve(import.meta.dirname, '../..');

/** One process of one service, as it is built. */
export class Replica {
  private constructor(
    readonly service: string,
    readonly url: string,
    private readonly child: ChildProcessByStdio<null, Readable, Readable>,
    private readonly log: WriteStream,
  ) {}

  /** Resolves once it answers. @param log a file to which its output goes @throws Error when it ends before that */
  static async start(
    service: string,
    env: Environment,
    { log, product }: { readonly log: string; readonly product?: string },
  ): Promise<Replica> {
    const output = createWriteStream(log, { flags: 'a', mode: 0o600 });
    const child = launch(service, [], env, product);
    child.stderr.on('data', (chunk: Buffer) => output.write(chunk));
    const lines = createInterface(child.stdout);
    const ready = new Promise<string>((found) => {
      lines.on('line', (line) => {
        output.write(`${line}\n`);
        const [, url] = / is ready at (\S+)/.exec(line) ?? [];
        if (url) found(url);
      });
    });
    const url = await Promise.race([
      ready,
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`${service} ended with ${code}: see ${log}`))),
    ]);
    return new Replica(service, url, child, output);
  }

  /** Prepares the servers for a service. @throws Error when that fails */
  static async prepare(service: string, env: Environment, product?: string): Promise<void> {
    const child = launch(service, ['--migrate'], env, product);
    child.stdout.resume();
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`${service} --migrate ended with ${code}`);
  }

  get runs(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** null: it runs, or a signal ended it */
  get exitCode(): number | null {
    return this.child.exitCode;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** SIGSTOP or SIGCONT */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal);
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.runs) {
      const ended = once(this.child, 'exit');
      this.child.kill(signal);
      await ended;
    }
    this.log.end();
  }
}

function launch(service: string, parameters: readonly string[], env: Environment, product = root) {
  const main = resolve(product, 'services', service, 'dist/main.js');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...parameters], {
    env: { PATH: process.env['PATH'], PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr.pipe(process.stderr, { end: false });
  // whatever becomes of us, it does not outlive us
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  return child;
}
