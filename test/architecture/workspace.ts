import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');
export const read = (path: string) => readFileSync(join(root, path), 'utf8');
export const readJson = <T>(path: string) => JSON.parse(read(path)) as T;

/** Every file of the project, tracked or about to be; paths from the root. */
export const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
})
  .toString()
  .split('\0')
  .filter((path) => path && statSync(join(root, path), { throwIfNoEntry: false })?.isFile());

export interface Manifest {
  readonly name: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly nx?: { readonly tags?: readonly string[] };
}

export interface Project {
  /** libs/decider */
  readonly folder: string;
  readonly manifest: Manifest;
}

export const projects: readonly Project[] = files
  .filter((path) => /^(libs|services)\/[^/]+\/package\.json$/.test(path))
  .map((path) => ({ folder: path.replace('/package.json', ''), manifest: readJson<Manifest>(path) }));

export const sources = files.filter((path) => /^(libs|services)\/[^/]+\/src\/.*\.ts$/.test(path));

/** Code that is never shipped. */
export const isTest = (path: string) => /\.(spec|fixtures)\.ts$|\/conformance\/|^test\//.test(path);
