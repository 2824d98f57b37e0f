import { randomBytes } from 'node:crypto';
import type { Connection, mongo } from 'mongoose';
import { assertNamesApart, canStandIn, definitionOf, documentsOf, type JsonObject, type View } from '@ihala/event-log';
import { collectionsOf, databaseOf, type BuildDocument } from './collections.js';
import { available, isDuplicateKey, transaction } from './transaction.js';
import { indexKey, type ViewDocument } from './view-query.js';

/** How long a build that another one took over from is kept: replicas of the program before may still read and fold it. */
const GRACE_MS = 3_600_000;
/** How long it is believed which builds there are; far shorter than the grace, so that no dropped build is read. */
const BELIEVED_MS = 1000;

/** The collections of one declared view: the one that is built, and the one that is read. */
export interface Documents {
  readonly built: string;
  readonly read: string;
}

interface Declared {
  readonly definition: string;
  /** the build that this process found or made when it declared the view */
  readonly own: string;
  believed?: { readonly documents: Documents; readonly until: number };
}

/**
 * Which builds of views there are. Of one name at most two are current: the one that serves, and beside it the one that is to take
 * over. Others are retired: nobody new takes them up, whoever still has one goes on, and after an hour it is dropped.
 */
export class ViewBuilds {
  #declared: ReadonlyMap<string, Declared> = new Map();
  readonly #db: mongo.Db;
  readonly #registry: mongo.Collection<BuildDocument>;

  constructor(private readonly connection: Connection) {
    this.#db = databaseOf(connection);
    this.#registry = collectionsOf(connection).views;
  }

  /** @throws Error when the view was not declared, or its build is gone since another one took over */
  async of(view: View<JsonObject>): Promise<Documents> {
    const declared = this.#declaredAs(view);
    if (declared.believed !== undefined && performance.now() < declared.believed.until) {
      return declared.believed.documents;
    }
    const builds = await available(this.#registry.find({ name: view.name }).toArray());
    const current = builds.filter((build) => build.current);
    const built =
      current.find(({ definition }) => definition === declared.definition) ??
      builds.find(({ _id }) => _id === declared.own);
    if (built === undefined) throw notDeclared(view);
    const serving = current.find(({ serves }) => serves);
    const read = serving !== undefined && canStandIn(serving.definition, view) ? serving : built;
    const documents = { built: built._id, read: read._id };
    declared.believed = { documents, until: performance.now() + BELIEVED_MS };
    return documents;
  }

  /** Safe for any number of processes at once. */
  async declare(views: readonly View<JsonObject>[]): Promise<void> {
    assertNamesApart(views);
    const wanted = new Map(views.map((view) => [view.name, definitionOf(view)]));
    const current = await available(this.#registry.find({ current: true }).toArray());
    const kept = new Map<string, string>();
    for (const build of current) {
      const mine = build.definition === wanted.get(build.name);
      const sound = (mine || (build.serves && wanted.has(build.name))) && !(await this.#isEmptied(build));
      if (!sound) await available(this.#retire({ _id: build._id }));
      else if (mine) kept.set(build.name, build._id);
    }
    const declared = new Map<string, Declared>();
    for (const view of views) {
      const own = kept.get(view.name) ?? (await this.#create(view));
      declared.set(view.name, { definition: definitionOf(view), own });
    }
    // at once: someone may be reading
    this.#declared = declared;
    await this.#dropRetired();
  }

  /** From now on the current build of this definition is read; one that is retired takes over from nobody. */
  async serve(view: View<JsonObject>): Promise<void> {
    const declared = this.#declaredAs(view);
    const { name } = view;
    await transaction(this.connection, async (session) => {
      const mine = { name, definition: declared.definition, current: true } as const;
      const { matchedCount } = await this.#registry.updateOne(mine, { $set: { serves: true } }, { session });
      if (matchedCount === 0) return;
      await this.#retire({ name, current: true, definition: { $ne: declared.definition } }, session);
    });
    declared.believed = undefined;
  }

  #declaredAs(view: View<JsonObject>): Declared {
    const declared = this.#declared.get(view.name);
    if (declared === undefined || declared.definition !== definitionOf(view)) throw notDeclared(view);
    return declared;
  }

  /** @returns the collection of the new build, or of the one that another process made at the same moment */
  async #create(view: View<JsonObject>): Promise<string> {
    const build: BuildDocument = {
      _id: `${documentsOf(view)}:${randomBytes(6).toString('hex')}`,
      name: view.name,
      definition: definitionOf(view),
      checkpoint: 0,
      serves: false,
      current: true,
    };
    const documents = await available(this.#db.createCollection(build._id));
    const indexes = view.indexes.map((fields) => ({ key: indexKey(fields) }));
    if (indexes.length > 0) await available(documents.createIndexes(indexes));
    try {
      await available(this.#registry.insertOne(build));
      return build._id;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
    await available(this.#db.dropCollection(build._id));
    const { name, definition } = build;
    return (await available(this.#registry.findOne({ name, definition, current: true })))?._id ?? this.#create(view);
  }

  async #retire(filter: mongo.Filter<BuildDocument>, session?: mongo.ClientSession): Promise<void> {
    await this.#registry.updateMany(filter, [{ $unset: 'current' }, { $set: { retiredAt: '$$NOW' } }], { session });
  }

  async #dropRetired(): Promise<void> {
    const over = { $expr: { $gt: [{ $subtract: ['$$NOW', '$retiredAt'] }, GRACE_MS] } };
    for (const { _id } of await available(this.#registry.find({ retiredAt: { $exists: true }, ...over }).toArray())) {
      await available(this.#registry.deleteOne({ _id }));
      await available(this.#db.dropCollection(_id));
    }
  }

  /** By hand perhaps, behind the back of its checkpoint. To fold again what yields nothing costs only a scan. */
  async #isEmptied({ _id, checkpoint }: BuildDocument): Promise<boolean> {
    return checkpoint > 0 && (await available(this.#db.collection<ViewDocument>(_id).findOne({}))) === null;
  }
}

const notDeclared = ({ name }: View<JsonObject>) => new Error(`view ${name} is not declared`);
