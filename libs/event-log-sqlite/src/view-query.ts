import {
  indexedField,
  indexFor,
  type JsonObject,
  type PageEnd,
  type Scalar,
  type View,
  type ViewQuery,
} from '@ihala/event-log';

type Parameter = string | number;

/** SQL text, and what its question marks stand for. */
export interface Sql {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

/** The generated column of an indexed field; with its prefix it can't meet the columns `id` and `doc`. */
export function columnOf(field: string): string {
  return `"doc.${indexedField(field)}"`;
}

/** The name of an index, quoted; every index ends in the document's id. */
export function indexName(table: string, fields: readonly string[]): string {
  return `"${table}(${fields.join(',')})"`;
}

/**
 * The statement that answers a query: each alternative of `anyOf` with its own index and limit, then the first of them all. It
 * gives one row more than asked for, which tells whether something follows.
 * @param table of the view's documents @throws Error when no declared index serves the query
 */
export function pageStatement<Doc extends JsonObject>(view: View<Doc>, query: ViewQuery<Doc>, table: string): Sql {
  const alternatives = query.anyOf.map((equals) => alternative(table, view, query, equals));
  const order = query.sort.direction === 'asc' ? 'ASC' : 'DESC';
  const sql = `
    SELECT id, doc FROM (${alternatives.map(({ sql }) => `SELECT * FROM (${sql})`).join(' UNION ')})
    JOIN "${table}" USING (id) ORDER BY sort ${order}, id ${order} LIMIT ?`;
  return { sql, parameters: [...alternatives.flatMap(({ parameters }) => parameters), query.limit + 1] };
}

/** Rows (id, sort) of the documents that match one alternative, in order; INDEXED BY makes the plan certain. */
function alternative<Doc extends JsonObject>(
  table: string,
  view: View<Doc>,
  query: ViewQuery<Doc>,
  equals: ViewQuery<Doc>['anyOf'][number],
): Sql {
  const index = indexFor(view, equals, query);
  const sort = columnOf(query.sort.field);
  const order = query.sort.direction === 'asc' ? 'ASC' : 'DESC';
  const conditions = [
    ...Object.entries(equals).map(([field, value]) => condition(`${storedField(view, field)} = ?`, value as Scalar)),
    ...bounds(sort, query),
  ];
  const sql = `SELECT id, ${sort} AS sort FROM "${table}" INDEXED BY ${indexName(table, index)}
    WHERE ${conditions.map(({ sql }) => sql).join(' AND ')} ORDER BY ${sort} ${order}, id ${order} LIMIT ?`;
  return { sql, parameters: [...conditions.flatMap(({ parameters }) => parameters), query.limit + 1] };
}

/**
 * Where in the index to begin and to end. SQLite seeks by one condition an end and may choose any, so each end gets one only: the
 * page before, if it ended there, else the range. A `+` keeps a condition that is implied by it from being chosen. Documents
 * without the field stand first in the index, as NULL, below every number and text: the least number passes them over.
 */
function bounds<Doc extends JsonObject>(sort: string, { range, after, sort: { direction } }: ViewQuery<Doc>) {
  const beyond = (sign: '<' | '>', end: PageEnd) => condition(`(${sort}, id) ${sign} (?, ?)`, end.value, end.id);
  const pagedBelow = after !== undefined && direction === 'asc';
  const pagedAbove = after !== undefined && direction === 'desc';
  const from = condition(`${pagedBelow ? '+' : ''}${sort} >= ?`, range?.from ?? -Infinity);
  const to = range?.to === undefined ? [] : [condition(`${pagedAbove ? '+' : ''}${sort} <= ?`, range.to)];
  return [from, ...to, ...(pagedBelow ? [beyond('>', after)] : []), ...(pagedAbove ? [beyond('<', after)] : [])];
}

/** SQLite has no booleans; its JSON functions turn them into 1 and 0 too. */
function condition(sql: string, ...values: readonly Scalar[]): Sql {
  return { sql, parameters: values.map((value) => (typeof value === 'boolean' ? Number(value) : value)) };
}

/** The column of an indexed field, or a look into the document for any other. */
function storedField(view: View<JsonObject>, field: string): string {
  const column = columnOf(field);
  return view.indexes.some((index) => index.includes(field)) ? column : `doc ->> '$.${field}'`;
}
