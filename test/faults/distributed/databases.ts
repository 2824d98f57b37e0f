import mongoose from 'mongoose';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logs } from '../checker.js';
import { checkCopies } from '../copy-checks.js';
import type { CommandRow, DataFile, Json, LoggedEvent } from '../data-folder.js';
import { describe } from '../finding.js';

/** After a fault the members may still be choosing their primary. */
const patienceMs = 120_000;

type Document = mongoose.mongo.Document;
type Db = mongoose.mongo.Db;

/** The databases of one installation, as the checker reads them: a second time, and more simply, than the product does. */
export class Databases {
  readonly #client: mongoose.mongo.MongoClient;

  constructor(
    url: string,
    private readonly prefix: string,
    private readonly services: readonly string[],
  ) {
    const limits = { serverSelectionTimeoutMS: 30_000, socketTimeoutMS: 10_000 };
    this.#client = new mongoose.mongo.MongoClient(url, { readConcernLevel: 'majority', ...limits });
  }

  logs(): Promise<Logs> {
    return insistently(() => this.#logs());
  }

  async #logs(): Promise<Logs> {
    const [files, people] = await Promise.all([
      Promise.all(this.services.map((service) => this.#read(service))),
      this.#of('keyring').collection('people').find().toArray(),
    ]);
    const keys = people.flatMap(({ keys }) => (keys as readonly { id: string }[]).map(({ id }) => id));
    return { files, keys: new Set(keys) };
  }

  /** What copies, views, reactions and the relay have not done yet. */
  async lag(): Promise<readonly string[]> {
    const { files } = await this.logs();
    const copies = checkCopies(files, { settled: true, sourcesCut: false }).map(describe);
    return files
      .flatMap(({ service, events, checkpoints }) => {
        const own = events.filter(({ source }) => source === undefined).length;
        return checkpoints
          .filter(({ name, checkpoint }) => checkpoint < (name === 'relay' ? own : events.length))
          .map(({ name, checkpoint }) => `${service}: ${name} is at ${checkpoint}`);
      })
      .concat(copies);
  }

  /** Which process leads a service, and for how many changes of leaders. */
  async lease(service: string): Promise<{ readonly holder: string; readonly epoch: number } | undefined> {
    const lease = await this.#of(service).collection<Document & { _id: string }>('leases').findOne({ _id: service });
    return lease ? { holder: String(lease['holder']), epoch: Number(lease['epoch']) } : undefined;
  }

  /** Every document of every view that is read, by service, view and id, as text. */
  views(): Promise<ReadonlyMap<string, string>> {
    return insistently(() => this.#views());
  }

  async #views(): Promise<ReadonlyMap<string, string>> {
    const documents = new Map<string, string>();
    for (const service of this.services) {
      const db = this.#of(service);
      for (const { _id, name } of await db.collection('views').find({ serves: true, current: true }).toArray()) {
        for (const { _id: id, doc } of await db.collection(String(_id)).find().toArray()) {
          documents.set(`${service} ${String(name)} ${String(id)}`, JSON.stringify(doc));
        }
      }
    }
    return documents;
  }

  /** As if there had never been a view. */
  async dropViews(): Promise<void> {
    for (const service of this.services) {
      const db = this.#of(service);
      for (const { _id } of await db.collection('views').find().toArray()) await db.dropCollection(String(_id));
      await db.collection('views').deleteMany({});
    }
  }

  async drop(): Promise<void> {
    for (const name of [...this.services, 'keyring']) await this.#of(name).dropDatabase();
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #read(service: string): Promise<DataFile> {
    const db = this.#of(service);
    const all = <T>(name: string, sort: Document = { _id: 1 }) =>
      db.collection(name).find().sort(sort).toArray() as unknown as Promise<readonly T[]>;
    const [events, commands, sources, views, reactions] = await Promise.all([
      all<Json>('events'),
      all<{ _id: string; versions: CommandRow['versions'] }>('commands'),
      all<{ _id: string; forkedAt?: object }>('sources'),
      db.collection<DataFile['checkpoints'][number]>('views').find({ current: true }).toArray(),
      all<{ _id: string; checkpoint: number }>('reactions'),
    ]);
    return {
      service,
      file: service,
      events: events.map(toEvent),
      commands: commands.map(({ _id: id, versions }) => ({ id, versions })),
      forked: sources.filter(({ forkedAt }) => forkedAt).map(({ _id }) => _id),
      checkpoints: [...views, ...reactions.map(({ _id: name, checkpoint }) => ({ name, checkpoint }))],
      damage: [],
    };
  }

  #of(name: string): Db {
    return this.#client.db(`${this.prefix}-${name}`);
  }
}

async function insistently<T>(work: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + patienceMs; ; await pause(500)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof mongoose.mongo.MongoError) || Date.now() > end) throw error;
    }
  }
}

function toEvent(document: Json): LoggedEvent {
  const { _id: position, source, sourceSequence, caseId, recordedAt, body, commit: _, ...numbered } = document;
  const sequence = source === undefined ? numbered['sequence'] : sourceSequence;
  const envelope = { ...(JSON.parse(String(body)) as Json), ...numbered, sequence, recordedAt };
  return {
    sealed: [],
    ...(envelope as unknown as Omit<LoggedEvent, 'sealed' | 'position' | 'source' | 'caseId' | 'envelope'>),
    position: Number(position),
    source: source as string | undefined,
    caseId: caseId as string | undefined,
    envelope,
  };
}
