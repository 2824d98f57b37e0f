import mongoose, { type mongo } from 'mongoose';
import { eventually } from '../e2e/client.js';
import type { Environment } from './replica.js';

/** What the processes of one installation keep in MongoDB, seen from outside. */
export class Databases {
  readonly #connection: mongoose.Connection;
  readonly #prefix: string;

  constructor({ IHALA_MONGODB_URL: url, IHALA_PREFIX: prefix }: Environment) {
    this.#connection = mongoose.createConnection(url!);
    this.#prefix = `${prefix}-`;
  }

  /** Resolves once every service has copied what others recorded, folded it, and done what follows from it. */
  async settled(): Promise<void> {
    let before = '';
    await eventually(async () => {
      const states = await this.#states();
      const behind = states.flatMap((receiver) => [
        ...receiver.checkpoints.filter((checkpoint) => checkpoint !== receiver.position),
        ...states.filter(({ name, sequence }) => (receiver.copied.get(name) ?? sequence) !== sequence),
      ]);
      const now = JSON.stringify(states);
      const still = now === before;
      before = now;
      if (behind.length > 0 || !still) throw new Error(`not settled: ${now}`);
    }, 20_000);
  }

  /** Every document of every collection, and the servers' own log of what was written, as it lies there. */
  async bytes(): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for (const db of await this.#all()) {
      for (const collection of await db.collections()) {
        for await (const document of collection.find({}, { raw: true })) parts.push(document as never);
      }
    }
    const oplog = this.#client.db('local').collection('oplog.rs');
    const ours = { $regex: `^${this.#prefix}` };
    const filter = { $or: [{ ns: ours }, { 'o.applyOps.ns': ours }] };
    for await (const entry of oplog.find(filter, { raw: true })) parts.push(entry as never);
    return Buffer.concat(parts);
  }

  async drop(): Promise<void> {
    for (const db of await this.#all()) await db.dropDatabase();
    await this.#connection.close();
  }

  async #states() {
    const services = (await this.#all()).filter(({ databaseName }) => !databaseName.endsWith('-keyring'));
    return Promise.all(
      services.map(async (db) => {
        const log = await db.collection<mongo.Document & { _id: string }>('counters').findOne({ _id: 'log' });
        const views = await db.collection('views').find({ current: true }).toArray();
        const reactions = await db
          .collection<mongo.Document & { _id: string }>('reactions')
          .find({ _id: { $ne: 'relay' } })
          .toArray();
        const copies = await db.collection('sources').find().toArray();
        return {
          name: db.databaseName.slice(this.#prefix.length),
          ...{ position: log!['position'] as number, sequence: log!['sequence'] as number },
          checkpoints: [...views, ...reactions].map(({ checkpoint }) => checkpoint as number),
          copied: new Map(copies.map(({ _id, sequence }) => [String(_id), sequence as number])),
        };
      }),
    );
  }

  async #all(): Promise<mongo.Db[]> {
    await this.#connection.asPromise();
    const { databases } = await this.#client.db('admin').admin().listDatabases({ nameOnly: true });
    const ours = databases.filter(({ name }) => name.startsWith(this.#prefix));
    return ours.map(({ name }) => this.#client.db(name));
  }

  get #client(): mongo.MongoClient {
    return this.#connection.getClient();
  }
}
