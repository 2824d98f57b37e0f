import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

export type Environment = Readonly<Record<string, string>>;

const root = resolve(import.meta.dirname, '../..');
/** A start takes seconds; on a machine that is at its limit, many. */
const PATIENCE_MS = 90_000;

/** One process of one service, as it is built. It ends with the process that started it, however that ends. */
export class Replica {
  #url = '';

  private constructor(
    readonly service: string,
    private readonly child: ChildProcessByStdio<Writable, Readable, Readable>,
    private readonly log: WriteStream,
  ) {}

  /** @param log a file to which its output goes @param product the folder of what was built */
  static launch(service: string, env: Environment, log: string, product?: string): Replica {
    const child = launch(service, [], env, product);
    const output = createWriteStream(log, { flags: 'a', mode: 0o600 });
    for (const stream of [child.stdout, child.stderr]) stream.pipe(output, { end: false });
    return new Replica(service, child, output);
  }

  /** Resolves once it answers. @throws Error when it ends before that, or takes too long */
  async ready(): Promise<this> {
    const found = new Promise<string>((resolve) => {
      createInterface(this.child.stdout).on('line', (line) => {
        const [, url] = / is ready at (\S+)/.exec(line) ?? [];
        if (url) resolve(url);
      });
    });
    const ended = once(this.child, 'exit').then(([code]) => `ended with ${code}`);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => (timer = setTimeout(resolve, PATIENCE_MS, 'is not ready')));
    const fail = (why: string) => Promise.reject(new Error(`${this.service} ${why}: see ${String(this.log.path)}`));
    this.#url = await Promise.race([found, ended.then(fail), late.then(fail)]).finally(() => clearTimeout(timer));
    return this;
  }

  /** Once it is ready. */
  get url(): string {
    return this.#url;
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

  /** @returns its exit code; null: the signal ended it */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.runs) {
      const ended = once(this.child, 'exit');
      this.child.kill(signal);
      await ended;
    }
    this.log.end();
    return this.child.exitCode;
  }
}

/** A service's program that ends by itself, and what it said. */
export async function program(service: string, parameters: readonly string[], env: Environment = {}, product?: string) {
  const child = launch(service, parameters, env, product);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: code as number | null, out, err };
}

/** Its standard input ends with the process at the other end. */
const endsWithUs =
  'data:text/javascript,process.stdin.on("end",()=>process.kill(process.pid,"SIGKILL")).resume().unref()';

function launch(service: string, parameters: readonly string[], env: Environment, product = root) {
  const main = resolve(product, 'services', service, 'dist/main.js');
  const flags = ['--disable-warning=ExperimentalWarning', '--import', endsWithUs];
  return spawn(process.execPath, [...flags, main, ...parameters], {
    env: { PATH: process.env['PATH'], PORT: '0', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}
