import mongoose from 'mongoose';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { libraryPath } from '../install/debian.js';
import type { MongodOptions } from '../protocol.js';
import type { Recipe } from './instance.js';
import { freePorts } from './ports.js';

const SET = 'rs';
const PARAMETERS = {
  // a process that freezes in a transaction keeps others waiting for no longer
  transactionLifetimeLimitSeconds: 5,
  // a primary that is told to end would wait 15 s for its clients
  shutdownTimeoutMillisForSignaledShutdown: 100,
};

export async function mongodRecipe({ parameters = {} }: MongodOptions): Promise<Recipe> {
  const [port] = (await freePorts(1)) as [number];
  const options = [
    ...['--replSet', SET, '--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket', '--quiet'],
    ...['--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '50'],
    ...Object.entries({ ...PARAMETERS, ...parameters }).flatMap((pair) => ['--setParameter', pair.join('=')]),
  ];
  return {
    address: addressOf([port]),
    port,
    container: { parameters: ['mongod', ...options] },
    async native(home, folder) {
      return {
        program: join(home, 'mongod'),
        parameters: [...options, '--dbpath', folder],
        environment: { LD_LIBRARY_PATH: libraryPath(home) },
      };
    },
    ready: async () => (await command(port, { hello: 1 }))['ok'] === 1,
  };
}

/** Makes a replica set of these, which have just been started. @returns its address, when it has a primary */
export async function initiate(ports: readonly number[]): Promise<string> {
  const members = ports.map((port, _id) => ({ _id, host: `127.0.0.1:${port}` }));
  const settings = { electionTimeoutMillis: 2000, heartbeatIntervalMillis: 500 };
  await command(ports[0]!, { replSetInitiate: { _id: SET, members, settings } });
  await primaryOf(ports);
  return addressOf(ports);
}

/** Waits for one. @returns its index among these ports */
export async function primaryOf(ports: readonly number[]): Promise<number> {
  for (const end = performance.now() + 90_000; performance.now() < end; await sleep(25)) {
    const told = await Promise.all(ports.map((port) => command(port, { hello: 1 }).catch(() => undefined)));
    // of two who think so, the one that was elected later is right
    const terms = told.map((hello) => (hello?.['isWritablePrimary'] ? String(hello['electionId']) : ''));
    const latest = terms.toSorted().at(-1);
    if (latest) return terms.indexOf(latest);
  }
  throw new Error('the replica set elects no primary');
}

const addressOf = (ports: readonly number[]) =>
  `mongodb://${ports.map((port) => `127.0.0.1:${port}`).join()}/?replicaSet=${SET}`;

/** Asks this server, and no other of its set. */
async function command(port: number, ask: mongoose.mongo.Document): Promise<mongoose.mongo.Document> {
  const limits = { serverSelectionTimeoutMS: 1000, connectTimeoutMS: 1000, socketTimeoutMS: 5000 };
  const client = new mongoose.mongo.MongoClient(`mongodb://127.0.0.1:${port}`, { directConnection: true, ...limits });
  try {
    return await client.db('admin').command(ask);
  } finally {
    await client.close();
  }
}
