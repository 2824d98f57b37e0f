import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const dist = resolve(import.meta.dirname, '../../services/standalone/dist');

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** This command, to which a disk seems full once a file has so many KiB; `undefined`: as large as it is. */
export function onDiskOf(fileKiB: number | undefined, ...command: readonly string[]): readonly [string, string[]] {
  const bound = fileKiB === undefined ? [] : ['bash', '-c', `ulimit -S -f ${fileKiB}; exec "$@"`, 'bash'];
  const [first, ...others] = [...bound, ...command];
  return [first!, others];
}

/** One of the programs for operators, as built, with an environment that knows no key. */
export function program(name: string, ...parameters: readonly string[]): Promise<Ended> {
  return run(onDiskOf(undefined, ...node(name), ...parameters));
}

export function programOnFullDisk(name: string, ...parameters: readonly string[]): Promise<Ended> {
  return run(onDiskOf(64, ...node(name), ...parameters));
}

const node = (name: string) => [process.execPath, '--disable-warning=ExperimentalWarning', join(dist, `${name}.js`)];

async function run([command, parameters]: readonly [string, string[]]): Promise<Ended> {
  const child = spawn(command, parameters, {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
    // none of them takes long: one that goes on is at fault
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: code as number | null, out, err };
}
