import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { bound } from '../keeper/bound.js';

/** Tells those who wait what takes so long. */
export const say = (text: string): void => void process.stderr.write(`test servers: ${text}\n`);

/** @returns where it is @throws Error when it is not on the PATH */
export function find(program: string): string {
  const places = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program));
  const path = program.startsWith('/') ? program : places.find(isExecutable);
  if (path === undefined) throw new Error(`${program} is not on the PATH`);
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface Surroundings {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** @returns what it printed @throws Error with the last of it, when it fails or takes more than 5 minutes */
export async function run(
  program: string,
  parameters: readonly string[],
  { folder, environment }: Surroundings = {},
): Promise<string> {
  const child = spawn(...bound(find(program), parameters), {
    ...(folder === undefined ? {} : { cwd: folder }),
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 300_000,
    killSignal: 'SIGKILL',
  });
  let output = '';
  const hear = (chunk: Buffer) => void (output += chunk.toString());
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return output;
  throw new Error(`${program} ${code === null ? 'was ended' : 'failed'}: ${output.trim().slice(-600)}`);
}
