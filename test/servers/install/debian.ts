import { globSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { find, run } from './run.js';

/**
 * Unpacks packages of the system's own distribution, with what they need and the system lacks, into a folder.
 * Nothing is installed, the system's lists stay as they are, and nobody needs to be root.
 */
export async function unpack(packages: readonly string[], folder: string): Promise<void> {
  const apt = join(folder, 'apt');
  for (const part of ['state/lists/partial', 'cache/archives/partial']) mkdirSync(join(apt, part), { recursive: true });
  const options = [
    ...[`Dir::State=${apt}/state`, 'Dir::State::status=/var/lib/dpkg/status', `Dir::Cache=${apt}/cache`],
    // the lists are of this folder alone; a user who may not read it downloads nothing
    ...['Debug::NoLocking=1', 'APT::Sandbox::User=root'],
  ].flatMap((option) => ['-o', option]);
  for (const program of ['apt-get', 'dpkg']) find(program);
  await run('apt-get', ['-q', ...options, 'update']);
  const only = ['--download-only', '--no-install-recommends'];
  await run('apt-get', ['-q', '-y', ...options, ...only, 'install', ...packages]);
  for (const file of globSync(join(apt, 'cache/archives/*.deb'))) await run('dpkg', ['-x', file, folder]);
  rmSync(apt, { recursive: true });
}

/** Where the linker finds the libraries that were unpacked there. */
export const libraryPath = (folder: string): string =>
  [...globSync(join(folder, 'usr/lib/*-linux-gnu')), ...globSync(join(folder, 'lib/*-linux-gnu'))].join(':');
