import { install } from '../install/install.js';
import { say } from '../install/run.js';
import { NoServer } from '../keeper-client.js';
import type { Kind } from '../protocol.js';
import type { Instance, Recipe } from './instance.js';
import { NativeProcess } from './native-process.js';

/** How servers of one kind are had on this machine. */
export type Source = (recipe: Recipe) => Promise<Instance>;

const images: Readonly<Record<Kind, string>> = {
  kafka: 'apache/kafka:4.1.0',
  mongodb: 'mongo:8',
  redis: 'redis:7',
};

/** `IHALA_TEST_SERVERS=native` passes Docker by, `none` everything. */
const ways: Readonly<Record<string, (kind: Kind) => Promise<Source>>> = { docker: fromDocker, native: natively };
const only = process.env['IHALA_TEST_SERVERS'];

const found = new Map<Kind, Promise<Source>>();

/** Docker if an engine answers, else a native installation, which is made when it is not there. @throws NoServer */
export function sourceOf(kind: Kind): Promise<Source> {
  const source = found.get(kind) ?? find(kind);
  found.set(kind, source);
  return source;
}

async function find(kind: Kind): Promise<Source> {
  const reasons: string[] = [];
  for (const [name, way] of Object.entries(ways)) {
    try {
      if (!only || only === name) return await way(kind);
      reasons.push(`${name} is passed by`);
    } catch (error) {
      reasons.push(`${name}: ${(error as Error).message}`);
    }
  }
  throw new NoServer(`no ${kind} is to be had here (${reasons.join('; ')})`);
}

async function fromDocker(kind: Kind): Promise<Source> {
  // read only now: most runs need no servers
  const { Container, requireImage } = await import('./container.js');
  await requireImage(images[kind], say);
  return async (recipe) => new Container(images[kind], recipe);
}

async function natively(kind: Kind): Promise<Source> {
  const home = await install(kind);
  return (recipe) => NativeProcess.make(recipe, home);
}
