import type { JsonObject, RecordedEvent } from './envelope.js';

/** Reads and writes of one fold step; visible to later steps of the same batch at once. */
export interface ViewWriter<Doc extends JsonObject> {
  get(id: string): Promise<Doc | undefined>;
  put(id: string, doc: Doc): void;
  delete(id: string): void;
}

/**
 * A read model: a pure fold of the log into documents. Documents and checkpoint move in one transaction.
 * A new `version` is built anew from the log, beside the one before. Documents hold no personal data in the clear.
 */
export interface View<Doc extends JsonObject> {
  /** kebab-case, unique in its service */
  readonly name: string;
  readonly version: number;
  /**
   * The oldest version whose documents the readers of this one understand; the first, if left out. While this version is being
   * built, they are given the documents of an earlier one, unless it is older than this, or lacks an index that this one has.
   */
  readonly readsSince?: number;
  /** the event types folded; others only move the checkpoint */
  readonly handles: readonly string[];
  /**
   * Each index is a list of top-level fields, in order, and ends in the field to sort by; see indexFor for what it serves.
   * An indexed field is named in letters and digits, and holds scalars of one type, or is left out. (Not `keyof Doc`: that
   * would keep a list of different views from being a `View<JsonObject>[]`.)
   */
  readonly indexes: readonly (readonly string[])[];
  fold(event: RecordedEvent, docs: ViewWriter<Doc>): Promise<void> | void;
}

export type Scalar = string | number | boolean;
export type Equals<Doc> = { readonly [Field in keyof Doc]?: Scalar };

/** Strings are ordered by code point, false before true. A document without the sort field is not found. */
export interface ViewQuery<Doc extends JsonObject> {
  /** documents that match any of these, each one once; each is a conjunction of equalities, and an empty one matches all */
  readonly anyOf: readonly Equals<Doc>[];
  /** both ends belong to it; on the sort field only */
  readonly range?: { readonly field: keyof Doc & string; readonly from?: Scalar; readonly to?: Scalar };
  /** ties are broken by document id, in the same direction */
  readonly sort: { readonly field: keyof Doc & string; readonly direction: 'asc' | 'desc' };
  /** where the page before ended */
  readonly after?: PageEnd;
  /** 1 or more */
  readonly limit: number;
}

export interface PageEnd {
  readonly value: Scalar;
  readonly id: string;
}

export interface Page<Doc> {
  readonly items: readonly { readonly id: string; readonly doc: Doc }[];
  /** undefined: nothing follows */
  readonly end?: PageEnd;
}

/** Where views keep their documents; one a service. */
export abstract class ViewStore {
  /**
   * Makes room for these views, and drops those of other names. One whose version, handles or indexes changed is built anew from
   * position 0 beside the one that serves, which goes on serving, as far as `readsSince` allows, until `serve` is called. What was
   * half built by then of yet another version is dropped. Call once, before anything else.
   */
  abstract declare(views: readonly View<JsonObject>[]): Promise<void>;
  /** From now on this build of the view is read, for ever; the one that was read before is dropped. Again: nothing. */
  abstract serve(view: View<JsonObject>): Promise<void>;
  abstract get<Doc extends JsonObject>(view: View<Doc>, id: string): Promise<Doc | undefined>;
  /** @throws Error when no declared index serves the query */
  abstract find<Doc extends JsonObject>(view: View<Doc>, query: ViewQuery<Doc>): Promise<Page<Doc>>;
  /** The same to the very end, read page by page; `limit`: of each page. */
  async *findAll<Doc extends JsonObject>(
    view: View<Doc>,
    query: ViewQuery<Doc>,
  ): AsyncGenerator<Page<Doc>['items'][number]> {
    for (let asked = query; ;) {
      const { items, end } = await this.find(view, asked);
      yield* items;
      if (end === undefined) return;
      asked = { ...query, after: end };
    }
  }
  /** Of the build under way, whatever serves. 0: nothing folded yet */
  abstract checkpoint(view: View<JsonObject>): Promise<number>;
  /**
   * Folds a batch (the events after `from`, up to and including `to`) and moves the checkpoint from `from` to `to`, in one
   * transaction. Where that would be a large one, it stops at an event before.
   * @returns where the checkpoint stands @throws CheckpointMoved when someone else moved it: nothing was written
   */
  abstract advance<Doc extends JsonObject>(
    view: View<Doc>,
    from: number,
    to: number,
    events: readonly RecordedEvent[],
  ): Promise<number>;
}

/** Another process folded this view meanwhile. */
export class CheckpointMoved extends Error {}
