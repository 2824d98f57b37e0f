import type { Connection, mongo } from 'mongoose';
import {
  assertLimit,
  CheckpointMoved,
  foldBatch,
  pageOf,
  ViewStore,
  type DocumentChanges,
  type JsonObject,
  type Page,
  type RecordedEvent,
  type View,
  type ViewQuery,
} from '@ihala/event-log';
import { collectionsOf, databaseOf, type BuildDocument } from './collections.js';
import type { Lease } from './lease.js';
import { available, transaction } from './transaction.js';
import { ViewBuilds } from './view-builds.js';
import { compare, stretchOf, type Stretch, type ViewDocument } from './view-query.js';

/**
 * Views in the database of their service: a collection a build of a view. Deleting these, and their rows in `views`, loses nothing:
 * the next start builds them again from the log. Any number of replicas may fold one view: the checkpoint is compared in the
 * transaction that moves it, so each event is folded once.
 */
export class MongoViewStore extends ViewStore {
  readonly #db: mongo.Db;
  readonly #registry: mongo.Collection<BuildDocument>;
  readonly #builds: ViewBuilds;

  /**
   * @param connection shared with the event log
   * @param lease compared when views are advanced, if this process keeps it
   */
  constructor(
    private readonly connection: Connection,
    private readonly lease?: Lease,
  ) {
    super();
    this.#db = databaseOf(connection);
    this.#registry = collectionsOf(connection).views;
    this.#builds = new ViewBuilds(connection);
  }

  declare(views: readonly View<JsonObject>[]): Promise<void> {
    return this.#builds.declare(views);
  }

  serve(view: View<JsonObject>): Promise<void> {
    return this.#builds.serve(view);
  }

  async get<Doc extends JsonObject>(view: View<Doc>, id: string): Promise<Doc | undefined> {
    const { read } = await this.#builds.of(view);
    return (await available(this.#documents(read).findOne({ _id: id })))?.doc as Doc | undefined;
  }

  async find<Doc extends JsonObject>(view: View<Doc>, query: ViewQuery<Doc>): Promise<Page<Doc>> {
    assertLimit(query.limit);
    const stretches = query.anyOf
      .map((equals) => stretchOf(view, equals, query))
      .filter((found) => found !== undefined);
    const { read } = await this.#builds.of(view);
    const found = await available(this.#read(read, stretches));
    const byId = new Map(found.flat().map(({ _id, doc }) => [_id, { id: _id, doc: doc as Doc }]));
    const { sort, after, limit } = query;
    const sign = sort.direction === 'asc' ? 1 : -1;
    const value = (doc: Doc) => doc[sort.field] as string;
    const items = [...byId.values()]
      .filter(({ id, doc }) => id !== after?.id || value(doc) !== after.value)
      .sort((a, b) => sign * (compare(value(a.doc), value(b.doc)) || compare(a.id, b.id)));
    return pageOf(items.slice(0, limit + 1), query);
  }

  async checkpoint(view: View<JsonObject>): Promise<number> {
    const { built } = await this.#builds.of(view);
    return this.#checkpoint(view, built);
  }

  async advance<Doc extends JsonObject>(
    view: View<Doc>,
    from: number,
    to: number,
    events: readonly RecordedEvent[],
  ): Promise<number> {
    const { built } = await this.#builds.of(view);
    const actual = await this.#checkpoint(view, built);
    if (actual !== from) throw moved(view, from);
    // what a fold reads stays as it is as long as the checkpoint does, which is compared again below
    const { changes, folded } = await foldBatch(view, events, async (id) => {
      const found = await available(this.#documents(built).findOne({ _id: id }));
      return found === null ? undefined : JSON.stringify(found.doc);
    });
    const reached = folded < events.length ? events[folded - 1]!.position : to;
    await transaction(this.connection, async (session) => {
      await this.lease?.assertHeld(session);
      const at = { _id: built, checkpoint: from };
      const { matchedCount } = await this.#registry.updateOne(at, { $set: { checkpoint: reached } }, { session });
      if (matchedCount === 0) throw moved(view, from);
      await this.#write(built, changes, session);
    });
    return reached;
  }

  /** The stretches as they are at one moment. */
  async #read(documents: string, stretches: readonly Stretch[]): Promise<readonly (readonly ViewDocument[])[]> {
    const all = async (session?: mongo.ClientSession) => {
      const found: ViewDocument[][] = [];
      // one by one: the first one's moment is that of the others
      for (const { filter, options } of stretches) {
        found.push(
          await this.#documents(documents)
            .find(filter, { ...options, session })
            .toArray(),
        );
      }
      return found;
    };
    if (stretches.length < 2) return all();
    const session = this.connection.getClient().startSession({ snapshot: true });
    try {
      return await all(session);
    } finally {
      await session.endSession();
    }
  }

  async #write(documents: string, changes: DocumentChanges, session: mongo.ClientSession): Promise<void> {
    if (changes.size === 0) return;
    const writes = [...changes].map(([id, text]) =>
      text === undefined
        ? { deleteOne: { filter: { _id: id } } }
        : { replaceOne: { filter: { _id: id }, replacement: { doc: JSON.parse(text) as JsonObject }, upsert: true } },
    );
    await this.#documents(documents).bulkWrite(writes, { session, ordered: false });
  }

  async #checkpoint(view: View<JsonObject>, built: string): Promise<number> {
    const build = await available(this.#registry.findOne({ _id: built }));
    if (build === null) throw new Error(`view ${view.name} is not declared`);
    return build.checkpoint;
  }

  #documents(name: string): mongo.Collection<ViewDocument> {
    return this.#db.collection<ViewDocument>(name);
  }
}

const moved = ({ name }: View<JsonObject>, from: number) => new CheckpointMoved(`view ${name} is not at ${from}`);
