import { mongo } from 'mongoose';
import {
  indexedField,
  indexFor,
  type Equals,
  type JsonObject,
  type Scalar,
  type View,
  type ViewQuery,
} from '@ihala/event-log';

/** A document of a view as it is stored; its fields are apart from the id, so that none can meet it. */
export interface ViewDocument {
  readonly _id: string;
  readonly doc: JsonObject;
}

type Bound = Record<string, Scalar | mongo.MinKey | mongo.MaxKey>;

/** One alternative of a query: a stretch of one index, read in order. */
export interface Stretch {
  readonly filter: mongo.Filter<ViewDocument>;
  readonly options: mongo.FindOptions & { readonly min: Bound; readonly max: Bound };
}

const LEAST = new mongo.MinKey();
const MOST = new mongo.MaxKey();
/** Above what documents without the field have, which is null, and below every number, text and boolean. */
const PRESENT = -Infinity;

/** The key of an index: every index ends in the document's id. @throws TypeError for a field that can't be indexed */
export function indexKey(fields: readonly string[], direction: 1 | -1 = 1): Record<string, 1 | -1> {
  return Object.fromEntries([...fields.map((field) => [pathOf(field), direction]), ['_id', direction]]);
}

/**
 * How one alternative is asked. Where the index begins and ends is said outright, and not left to be guessed from conditions: a
 * page costs as much as it is long, however far from the first it is.
 * @returns undefined when nothing can match @throws Error when no declared index serves the query
 */
export function stretchOf<Doc extends JsonObject>(
  view: View<Doc>,
  equals: Equals<Doc>,
  query: ViewQuery<Doc>,
): Stretch | undefined {
  const index = indexFor(view, equals, query);
  const { field, direction } = query.sort;
  const constant = equals[field] as Scalar | undefined;
  const ends = constant === undefined ? sortEnds(query) : idEnds(query, constant);
  if (ends === undefined) return undefined;
  const leading = index.filter((name) => name in equals).map((name) => [name, equals[name as keyof Doc]] as const);
  const rest = Object.entries(equals).filter(([name]) => !index.includes(name));
  const bound = (end: readonly unknown[]) => Object.fromEntries(zip(index, leading, end)) as Bound;
  return {
    filter: Object.fromEntries(rest.map(([name, value]) => [pathOf(name), value])) as mongo.Filter<ViewDocument>,
    options: {
      hint: indexKey(index),
      min: bound(ends.min),
      max: bound(ends.max),
      sort: indexKey(index, direction === 'asc' ? 1 : -1),
      // one tells whether something follows, one is where the page before ended
      limit: query.limit + 2,
      batchSize: query.limit + 2,
    },
  };
}

/** Ends in (sort field, id); the upper one is not part of it. */
function sortEnds<Doc extends JsonObject>({ range, after, sort }: ViewQuery<Doc>) {
  let min: readonly [Scalar, unknown] = [range?.from ?? PRESENT, LEAST];
  let max: readonly [unknown, unknown] = [range?.to ?? MOST, MOST];
  if (after !== undefined && sort.direction === 'asc') {
    if (range?.to !== undefined && compare(after.value, range.to) > 0) return undefined;
    if (range?.from === undefined || compare(after.value, range.from) >= 0) min = [after.value, after.id];
  } else if (after !== undefined) {
    if (range?.from !== undefined && compare(after.value, range.from) < 0) return undefined;
    if (range?.to === undefined || compare(after.value, range.to) <= 0) max = [after.value, after.id];
  }
  const empty = range?.from !== undefined && range.to !== undefined && compare(range.from, range.to) > 0;
  return empty ? undefined : { min, max };
}

/** Where all have one value in the sort field, the id alone orders them. */
function idEnds<Doc extends JsonObject>({ range, after, sort }: ViewQuery<Doc>, value: Scalar) {
  if (range?.from !== undefined && compare(value, range.from) < 0) return undefined;
  if (range?.to !== undefined && compare(value, range.to) > 0) return undefined;
  const beyond = after === undefined ? 1 : compare(value, after.value) * (sort.direction === 'asc' ? 1 : -1);
  if (beyond < 0) return undefined;
  const from = beyond === 0 && sort.direction === 'asc' ? after!.id : LEAST;
  const to = beyond === 0 && sort.direction === 'desc' ? after!.id : MOST;
  return { min: [from], max: [to] };
}

/** The fields of an index, then the id, with the values of one end. */
function* zip(
  index: readonly string[],
  leading: readonly (readonly [string, unknown])[],
  end: readonly unknown[],
): Generator<readonly [string, unknown]> {
  const values = [...leading.map(([, value]) => value), ...end];
  for (const [place, name] of [...index.map(pathOf), '_id'].entries()) yield [name, values[place]];
}

/** By code point, as the database does; JavaScript compares UTF-16 units. */
export function compare(a: Scalar, b: Scalar): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return Number(a) - Number(b);
}

const pathOf = (field: string): string => `doc.${indexedField(field)}`;
