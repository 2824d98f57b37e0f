import type { JsonObject } from './envelope.js';
import type { View } from './view-store.js';

/** What of a view decides what is built. */
type Definition = Pick<View<JsonObject>, 'version' | 'handles' | 'indexes'>;

const definitions = new WeakMap<View<JsonObject>, string>();

/** The part of a view that decides what is built, as JSON text; another one means another build. */
export function definitionOf(view: View<JsonObject>): string {
  let definition = definitions.get(view);
  if (definition === undefined) {
    const { version, handles, indexes } = view;
    definition = JSON.stringify({ version, handles: [...handles].sort(), indexes } satisfies Definition);
    definitions.set(view, definition);
  }
  return definition;
}

/** Whether the documents of another build can be read as if they were this view's. @param serving its definition */
export function canStandIn(serving: string, { version, readsSince = 1, indexes }: View<JsonObject>): boolean {
  const other = JSON.parse(serving) as Definition;
  const has = new Set(other.indexes.map((index) => index.join()));
  return other.version >= readsSince && other.version <= version && indexes.every((index) => has.has(index.join()));
}

/** The name under which a build's documents are kept. @throws TypeError when a view can't be called so */
export function documentsOf({ name, version }: View<JsonObject>): string {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || !Number.isSafeInteger(version)) {
    throw new TypeError(`a view can't be called ${name} ${version}`);
  }
  return `view:${name}@${version}`;
}

/** @returns the field of an index, checked @throws TypeError unless it is named in letters and digits */
export function indexedField(field: string): string {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(field)) throw new TypeError(`field ${field} can't be indexed`);
  return field;
}

/** @throws TypeError when two have one name */
export function assertNamesApart(views: readonly View<JsonObject>[]): void {
  if (new Set(views.map(({ name }) => name)).size < views.length) throw new TypeError('two views have one name');
}
