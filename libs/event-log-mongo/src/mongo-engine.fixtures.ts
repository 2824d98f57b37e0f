import { setTimeout as sleep } from 'node:timers/promises';
import { randomness, SEED, type Engine, type OpenOptions } from '@ihala/event-log/conformance';
import type { MongoService } from './index.js';
import { TestDatabase } from './server.fixtures.js';

/** Databases of their own in a replica set. */
export async function makeMongoEngine(uri: string): Promise<Engine> {
  const databases = new Map<string, TestDatabase>();
  const latest = new Map<string, MongoService>();
  const random = randomness(SEED);
  const open = async (service: string, options?: OpenOptions) => {
    const database = databases.get(service) ?? (await TestDatabase.make(uri, service));
    databases.set(service, database);
    const opened = await database.open(options);
    latest.set(service, opened);
    return opened;
  };
  return {
    open,
    async crash(service, options) {
      // late enough for some commands to have reached the server
      await sleep(random(30));
      // cuts whatever is under way; what was not committed ends with its session
      await latest.get(service)!.connection.close();
      return open(service, options);
    },
    async destroy() {
      await Promise.all([...databases.values()].map((database) => database.drop()));
    },
  };
}
