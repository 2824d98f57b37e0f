import { setImmediate as breathe } from 'node:timers/promises';
import type { JsonObject, RecordedEvent } from './envelope.js';
import type { Equals, Page, Scalar, View, ViewQuery, ViewWriter } from './view-store.js';

/** Document id → JSON text of the document, undefined if it is to be deleted. */
export type DocumentChanges = ReadonlyMap<string, string | undefined>;

export interface FoldedBatch {
  readonly changes: DocumentChanges;
  /** of how many events, from the first on */
  readonly folded: number;
}

/** So that the transaction that writes them keeps the process from its other work for some 10 ms only. */
const MOST_CHANGES = 500;
/** Events folded without giving other work its turn. */
const AT_ONCE = 250;

const handled = new WeakMap<View<JsonObject>, ReadonlySet<string>>();

/** The event types that a view folds. */
function typesOf(view: View<JsonObject>): ReadonlySet<string> {
  let types = handled.get(view);
  if (types === undefined) handled.set(view, (types = new Set(view.handles)));
  return types;
}

/**
 * Folds one batch in memory, or as much of it as changes 500 documents; the engine then writes the changes and the checkpoint in
 * one transaction. Documents pass through JSON text on every put and get, so that the result does not depend on where batches
 * were cut.
 * @param read the stored document, as JSON text
 */
export async function foldBatch<Doc extends JsonObject>(
  view: View<Doc>,
  events: readonly RecordedEvent[],
  read: (id: string) => Promise<string | undefined> | string | undefined,
): Promise<FoldedBatch> {
  const changes = new Map<string, string | undefined>();
  const writer: ViewWriter<Doc> = {
    async get(id) {
      const text = changes.has(id) ? changes.get(id) : await read(id);
      return text === undefined ? undefined : (JSON.parse(text) as Doc);
    },
    put: (id, doc) => void changes.set(id, JSON.stringify(doc)),
    delete: (id) => void changes.set(id, undefined),
  };
  const types = typesOf(view);
  let folded = 0;
  for (const event of events) {
    if (types.has(event.type)) await view.fold(event, writer);
    folded += 1;
    if (changes.size >= MOST_CHANGES) break;
    if (folded % AT_ONCE === 0) await breathe();
  }
  return { changes, folded };
}

/**
 * The declared index that serves one alternative of a query. An index serves it when its last field is the sort field and the
 * fields before it are compared for equality; of several, the one with the most equalities. Equalities outside the index are
 * checked document by document, but never all of them: at least one must lead the index. A range is on the sort field.
 * @throws Error when there is none
 */
export function indexFor<Doc extends JsonObject>(
  view: View<Doc>,
  equals: Equals<Doc>,
  { sort, range }: ViewQuery<Doc>,
): readonly string[] {
  const served = (index: readonly string[]): number => {
    const leading = index.slice(0, -1);
    const last = index.at(-1);
    if (last === undefined || !leading.every((field) => field in equals)) return -1;
    if (last in equals) return sort.field in equals ? index.length : -1;
    return last === sort.field ? leading.length : -1;
  };
  const least = Object.keys(equals).length === 0 ? 0 : 1;
  const best = view.indexes
    .map((index) => ({ index, equalities: served(index) }))
    .filter(({ equalities }) => equalities >= least)
    .sort((a, b) => b.equalities - a.equalities)[0];
  if (best === undefined || (range !== undefined && range.field !== sort.field)) {
    throw new Error(
      `view ${view.name}: no index serves [${Object.keys(equals).join(', ')}] sorted by ${sort.field}` +
        (range === undefined ? '' : ` with a range of ${range.field}`),
    );
  }
  return best.index;
}

/** @throws RangeError unless it is 1 or more */
export function assertLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError('limit is at least 1');
}

/** @param found in order; one more than the limit, if there is one, tells that something follows */
export function pageOf<Doc extends JsonObject>(
  found: Page<Doc>['items'],
  { limit, sort }: Pick<ViewQuery<Doc>, 'limit' | 'sort'>,
): Page<Doc> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (found.length <= limit || last === undefined) return { items };
  return { items, end: { value: last.doc[sort.field] as Scalar, id: last.id } };
}
