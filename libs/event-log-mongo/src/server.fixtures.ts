import { randomBytes } from 'node:crypto';
import mongoose from 'mongoose';
import { databaseOf } from './collections.js';
import { connect, migrate, openMongoService, type MongoService } from './index.js';

/** Asks one server, and no other of its replica set. */
export async function command(port: number, ask: mongoose.mongo.Document): Promise<mongoose.mongo.Document> {
  const options = { directConnection: true, serverSelectionTimeoutMS: 1000 };
  const connection = await mongoose.createConnection(`mongodb://127.0.0.1:${port}/admin`, options).asPromise();
  try {
    return await databaseOf(connection).command(ask);
  } finally {
    await connection.close();
  }
}

export type OpenOptions = Omit<Parameters<typeof openMongoService>[2], 'database'>;

/** The database of one service, of one test, with all that opens it. */
export class TestDatabase {
  readonly #opened: MongoService[] = [];

  constructor(
    private readonly at: string,
    readonly service = 'cases',
    readonly name = `ihala_${randomBytes(6).toString('hex')}`,
  ) {}

  static async make(at: string, service?: string): Promise<TestDatabase> {
    const made = new TestDatabase(at, service);
    const connection = await connect(at, { database: made.name });
    await migrate(connection, made.service);
    await connection.close();
    return made;
  }

  /** One more replica. @param at another way to the same server */
  async open(options: OpenOptions = {}, at = this.at): Promise<MongoService> {
    const opened = await openMongoService(at, this.service, { database: this.name, ...options });
    this.#opened.push(opened);
    return opened;
  }

  async drop(): Promise<void> {
    await Promise.all(this.#opened.map((service) => service.close()));
    const connection = await connect(this.at, { database: this.name });
    await databaseOf(connection).dropDatabase();
    await connection.close();
  }
}
