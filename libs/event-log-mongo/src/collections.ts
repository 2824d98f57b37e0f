import { Schema, type Connection, type mongo, type SchemaOptions } from 'mongoose';
import type { LogHead, ParkedErrand, Versions } from '@ihala/event-log';

/** One event, own or observed; `_id` is its position. */
export interface EventDocument {
  readonly _id: number;
  readonly stream: string;
  readonly version: number;
  /** of own events */
  readonly sequence?: number;
  /** of observed events, with the sequence they have there */
  readonly source?: string;
  readonly sourceSequence?: number;
  readonly recordedAt: string;
  /** on the first event of a commit: tells it from any other that might have got its position */
  readonly commit?: string;
  readonly caseId?: string;
  /** JSON text of the rest of the envelope: whatever names and values it holds, it comes back as it was */
  readonly body: string;
}

/** The one document that every commit to the log changes first, so that they are one after another. */
export interface CounterDocument {
  readonly _id: 'log';
  readonly position: number;
  readonly sequence: number;
  /** the last instant given out, to an event or as a head */
  readonly recordedAt: string;
  /** makes every commit a change, also one that adds no event */
  readonly commits: number;
}

export interface CommandDocument {
  readonly _id: string;
  readonly fingerprint: string;
  readonly versions: Versions;
}

export interface SourceDocument {
  readonly _id: string;
  readonly sequence: number;
  readonly completeUpTo: string;
  readonly pending?: LogHead;
  readonly forkedAt?: { readonly stream: string; readonly version: number };
}

/** One build of a view; `_id` is the collection of its documents. */
export interface BuildDocument {
  readonly _id: string;
  readonly name: string;
  /** JSON text */
  readonly definition: string;
  readonly checkpoint: number;
  readonly serves: boolean;
  /** absent on a build that another one took over from */
  readonly current?: true;
  readonly retiredAt?: Date;
}

export interface ReactionDocument {
  readonly _id: string;
  readonly checkpoint: number;
}

export interface ParkedDocument {
  readonly _id: string;
  /** the order in which errands were parked */
  readonly place: number;
  readonly reaction: string;
  readonly target: string;
  readonly errand: ParkedErrand;
}

export interface LeaseDocument {
  readonly _id: string;
  readonly holder: string;
  /** counts the tenures */
  readonly epoch: number;
  /** on the database's clock */
  readonly expiresAt: Date;
}

/** Whose database it is, and how far its migrations are. */
export interface SchemaDocument {
  readonly _id: 'schema';
  readonly service: string;
  readonly version: number;
}

const options = {
  autoCreate: false,
  autoIndex: false,
  versionKey: false,
  strict: 'throw',
} as const satisfies SchemaOptions;

const Text = { type: String, required: true } as const;
const Integer = { type: Number, required: true } as const;

/** The shape of each collection and its indexes, as the migration makes them. */
export const SCHEMAS = {
  events: new Schema(
    {
      _id: Integer,
      stream: Text,
      version: Integer,
      sequence: Number,
      source: String,
      sourceSequence: Number,
      recordedAt: Text,
      commit: String,
      caseId: String,
      body: Text,
    },
    options,
  )
    // descending, so that the first entry of a stream is its tail
    .index({ stream: 1, version: -1 }, { unique: true })
    .index({ sequence: 1 }, { unique: true, sparse: true })
    .index({ source: 1, sourceSequence: 1 }, { unique: true, partialFilterExpression: { source: { $exists: true } } })
    .index({ caseId: 1, _id: 1 }, { partialFilterExpression: { caseId: { $exists: true } } }),
  counters: new Schema(
    { _id: Text, position: Integer, sequence: Integer, recordedAt: String, commits: Integer },
    options,
  ),
  commands: new Schema({ _id: Text, fingerprint: Text, versions: [{ stream: Text, version: Integer }] }, options),
  sources: new Schema(
    { _id: Text, sequence: Integer, completeUpTo: String, pending: Object, forkedAt: Object },
    options,
  ),
  views: new Schema(
    {
      _id: Text,
      name: Text,
      definition: Text,
      checkpoint: Integer,
      serves: { type: Boolean, required: true },
      current: Boolean,
      retiredAt: Date,
    },
    options,
  ).index({ name: 1, definition: 1 }, { unique: true, partialFilterExpression: { current: true } }),
  reactions: new Schema({ _id: Text, checkpoint: Integer }, options),
  parked: new Schema({ _id: Text, place: Integer, reaction: Text, target: Text, errand: Object }, options)
    .index({ place: 1 }, { unique: true })
    .index({ reaction: 1, target: 1, place: 1 }),
  leases: new Schema({ _id: Text, holder: Text, epoch: Integer, expiresAt: Date }, options),
} as const;

/**
 * The collections of one service, as the driver gives them: mongoose's casting would cost more than the insert itself, and leave out
 * fields that it does not know.
 */
export interface Collections {
  readonly events: mongo.Collection<EventDocument>;
  readonly counters: mongo.Collection<CounterDocument>;
  readonly commands: mongo.Collection<CommandDocument>;
  readonly sources: mongo.Collection<SourceDocument>;
  readonly views: mongo.Collection<BuildDocument>;
  readonly reactions: mongo.Collection<ReactionDocument>;
  readonly parked: mongo.Collection<ParkedDocument>;
  readonly leases: mongo.Collection<LeaseDocument>;
}

/** @param connection an open one */
export function databaseOf(connection: Connection): mongo.Db {
  if (connection.db === undefined) throw new Error('the connection is not open');
  return connection.db;
}

export function collectionsOf(connection: Connection): Collections {
  const db = databaseOf(connection);
  return Object.fromEntries(Object.keys(SCHEMAS).map((name) => [name, db.collection(name)])) as unknown as Collections;
}
