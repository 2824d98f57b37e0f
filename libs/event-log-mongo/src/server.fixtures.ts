import { randomBytes } from 'node:crypto';
import { describe } from '@jest/globals';
import { databaseOf } from './collections.js';
import { connect, migrate, openMongoService, type MongoService } from './index.js';

const uri = process.env['IHALA_TEST_MONGODB'];

/** Skips aloud where there is no server. */
export function describeWithMongo(name: string, tests: (uri: string) => void): void {
  if (uri !== undefined) describe(name, () => tests(uri));
  else describe.skip(`${name}: no MongoDB, give IHALA_TEST_MONGODB`, () => tests(''));
}

/** The same, for tests that start servers of their own. */
export function describeWithMongod(name: string, tests: () => void): void {
  if (process.env['IHALA_TEST_MONGOD'] !== undefined) describe(name, tests);
  else describe.skip(`${name}: no mongod, give IHALA_TEST_MONGOD`, tests);
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
