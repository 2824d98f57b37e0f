import type { Deed, Kind, MongodOptions, ServerOptions, Told, ToldGroup } from '../protocol.js';
import type { Recipe } from './instance.js';
import { KeptServer } from './kept-server.js';
import { sourceOf } from './sources.js';

/** By id; those that were stopped are no longer there. */
const servers = new Map<number, KeptServer>();
const groups: (readonly number[])[] = [];
const addresses = new Map<Kind, Promise<string>>();
let made = 0;
let ending = false;

/** The address of the one that all share: from the environment, or of the one that the first who asks starts. */
export function shared(kind: Kind): Promise<string> {
  const given = process.env[`IHALA_TEST_${kind.toUpperCase()}`];
  if (given) return Promise.resolve(given);
  const address = addresses.get(kind) ?? startGroup(kind, {}).then((group) => group.address);
  addresses.set(kind, address);
  return address;
}

/** @throws NoServer where none can be had */
export async function startGroup(kind: Kind, options: ServerOptions): Promise<ToldGroup> {
  const size = options.members ?? 1;
  const ids = await Promise.all(Array.from({ length: size }, () => startServer(kind, options)));
  const group = groups.push(ids) - 1;
  const told = ids.map(tell);
  if (kind !== 'mongodb') return { group, address: told[0]!.address, servers: told };
  const { initiate } = await import('./mongod.js');
  return { group, address: await initiate(portsOf(ids)), servers: told };
}

/** @returns the index of the primary in its group */
export async function primaryOf(group: number): Promise<number> {
  const mongod = await import('./mongod.js');
  return mongod.primaryOf(portsOf(groups[group]!));
}

export async function doTo(id: number, deed: Deed): Promise<Told> {
  const server = servers.get(id);
  if (!server) throw new Error('this server was stopped');
  await server.do(deed);
  const told = tell(id);
  if (deed === 'stop') servers.delete(id);
  return told;
}

/** Ends those of these that are there, with their data. */
export async function stop(ids: Iterable<number>): Promise<void> {
  await Promise.allSettled([...ids].filter((id) => servers.has(id)).map((id) => doTo(id, 'stop')));
}

/** Ends all; none starts any more. */
export function stopAll(): Promise<void> {
  ending = true;
  return stop(servers.keys());
}

/** A port that was free may be taken when the server comes to it: then another. */
async function startServer(kind: Kind, options: ServerOptions, tries = 3): Promise<number> {
  const make = await sourceOf(kind);
  const recipe = await recipeOf(kind, options);
  const server = new KeptServer(recipe, await make(recipe));
  const id = made++;
  servers.set(id, server);
  try {
    if (ending) throw new Error('the test run has ended');
    await server.start();
    return id;
  } catch (error) {
    await stop([id]);
    if (tries === 1 || !(error as Error).message.includes('already in use')) throw error;
    return startServer(kind, options, tries - 1);
  }
}

async function recipeOf(kind: Kind, options: ServerOptions): Promise<Recipe> {
  switch (kind) {
    case 'mongodb':
      return (await import('./mongod.js')).mongodRecipe(options satisfies MongodOptions);
    case 'kafka':
      return (await import('./kafka.js')).kafkaRecipe(options);
    case 'redis':
      return (await import('./redis.js')).redisRecipe();
    default:
      return kind satisfies never;
  }
}

const portsOf = (ids: readonly number[]) => ids.map((id) => servers.get(id)!.recipe.port);

function tell(id: number): Told {
  const { recipe, pid } = servers.get(id)!;
  return { id, address: recipe.address, port: recipe.port, pid };
}
