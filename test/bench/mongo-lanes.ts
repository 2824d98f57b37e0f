import { randomBytes } from 'node:crypto';
import type { Connection, mongo } from 'mongoose';
import { connect, migrate, openMongoService, type MongoService } from '@ihala/event-log-mongo';
import { Appending, type BareLog, lengthOf, type Sending } from './appending.js';
import type { Row } from './life.js';
import { multiplied } from './multiplied.js';

const SERVICE = 'health';
const DOCUMENTS_AT_ONCE = 10_000;
type Document = mongo.Document & { _id: string | number };

/** One health log twice, in two databases of one server: as the engine opens it, and bare. */
export class MongoPair {
  private constructor(
    readonly appending: Appending,
    private readonly ours: MongoService,
    private readonly bare: BareDatabase,
  ) {}

  /** Writes `count` events, own and copied, into both, past the engine. */
  static async make(uri: string, told: readonly Row[], count: number): Promise<MongoPair> {
    const histories = new Set<string>();
    const [database, copy] = [await BareDatabase.make(uri), await BareDatabase.make(uri)];
    let rows: Row[] = [];
    const flush = async () => {
      for (const each of [database, copy]) await each.fill(rows);
      rows = [];
    };
    for (const row of multiplied(told, count)) {
      rows.push(row);
      if (row.stream.startsWith(`${SERVICE}/`) && row.version === lengthOf(told)) histories.add(row.stream);
      if (rows.length === DOCUMENTS_AT_ONCE) await flush();
    }
    await flush();
    const name = await database.leave();
    const ours = await openMongoService(uri, SERVICE, { database: name });
    return new MongoPair(new Appending(ours.log, copy, { told, histories: [...histories] }), ours, copy);
  }

  async close(): Promise<void> {
    await this.ours.connection.db!.dropDatabase();
    await this.ours.close();
    await this.bare.drop();
  }
}

/** A migrated database through the driver alone. */
class BareDatabase implements BareLog {
  readonly #db: mongo.Db;
  readonly #sequences = new Map<string, number>();
  #position = 0;

  private constructor(private readonly connection: Connection) {
    this.#db = connection.db!;
  }

  static async make(uri: string): Promise<BareDatabase> {
    const connection = await connect(uri, { database: `ihala_bench_${randomBytes(6).toString('hex')}` });
    await migrate(connection, SERVICE);
    return new BareDatabase(connection);
  }

  async fill(rows: readonly Row[]): Promise<void> {
    const documents = rows.map(({ stream, version, recordedAt, caseId, body }) => {
      const owner = stream.slice(0, stream.indexOf('/'));
      const sequence = (this.#sequences.get(owner) ?? -1) + 1;
      this.#sequences.set(owner, sequence);
      const numbers = owner === SERVICE ? { sequence } : { source: owner, sourceSequence: sequence };
      return {
        _id: ++this.#position,
        stream,
        version,
        ...numbers,
        recordedAt,
        ...(caseId !== null && { caseId }),
        body,
      };
    });
    if (documents.length > 0) await this.#collection('events').insertMany(documents);
    const end = { position: this.#position, sequence: this.#sequences.get(SERVICE) ?? -1 };
    await this.#collection('counters').updateOne({ _id: 'log' }, { $set: end });
  }

  /** The transaction that the engine commits, with nothing around it: the counter, the events, their commands. */
  async insert(sendings: readonly Sending[]): Promise<void> {
    const first = this.#position;
    const sequence = this.#sequences.get(SERVICE)!;
    const recordedAt = new Date().toISOString();
    const events = sendings.map(({ stream, event: { caseId, ...event } }, n) => {
      const body = JSON.stringify({ ...event, caseId });
      return { _id: first + n + 1, stream, version: 1, sequence: sequence + n + 1, recordedAt, caseId, body };
    });
    const commands = sendings.map(({ stream, command: { id, fingerprint } }) => {
      return { _id: id, fingerprint, versions: [{ stream, version: 1 }] };
    });
    this.#position += sendings.length;
    this.#sequences.set(SERVICE, sequence + sendings.length);
    await this.connection.getClient().withSession(async (session) => {
      session.startTransaction({ readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority', journal: true } });
      const taken = { position: sendings.length, sequence: sendings.length };
      await this.#collection('counters').findOneAndUpdate({ _id: 'log' }, { $inc: taken }, { session });
      await this.#collection('events').insertMany(events, { session });
      await this.#collection('commands').insertMany(commands, { session });
      await session.commitTransaction();
    });
  }

  read(stream: string): Promise<unknown> {
    return this.#collection('events')
      .find({ stream }, { sort: { version: 1 } })
      .toArray();
  }

  /** Closes it, for the engine to open. @returns its name */
  async leave(): Promise<string> {
    await this.connection.close();
    return this.#db.databaseName;
  }

  async drop(): Promise<void> {
    await this.#db.dropDatabase();
    await this.connection.close();
  }

  #collection(name: string): mongo.Collection<Document> {
    return this.#db.collection<Document>(name);
  }
}
