import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Json, PublishedEvent, RecordedEvent } from './envelope.js';

/** Deeper nesting is refused: it has no meaning here, and recursive readers would run out of stack. */
const MAX_DEPTH = 32;

/**
 * The leaf of an event in the audit tree: SHA-256(0x00 ‖ RFC 8785 JSON of the envelope without `position` and `source`),
 * as 64 hex digits. Position and source are local to one log; without them an event and all its copies have one leaf.
 * The 0x00 keeps leaves apart from inner nodes (RFC 9162).
 * @param event an event as a log gives it, own or observed; fields this version does not know count too
 */
export function auditLeaf(event: PublishedEvent | RecordedEvent): string {
  const { position, source, ...published } = event as RecordedEvent;
  return createHash('sha256')
    .update(Uint8Array.of(0))
    .update(canonicalize(published) as string)
    .digest('hex');
}

/**
 * Refuses what is not plain JSON with one canonical form: anything but well-formed strings, booleans, safe integers,
 * arrays and plain objects of these, at most 32 levels deep.
 * @param name what the value is called in the error; the error names the place, never the value
 * @throws TypeError
 */
export function assertPlainJson(value: unknown, name: string): asserts value is Json {
  const flaw = findFlaw(value, 0);
  if (flaw !== undefined) throw new TypeError(`not plain JSON: ${name}${flaw}`);
}

/** @returns where and what, in words that follow the name of the value; the place is put together only when there is a flaw */
function findFlaw(value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? undefined : ' holds a lone surrogate';
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isSafeInteger(value) ? undefined : ' is not a safe integer';
    case 'object':
      if (value === null) return ' is null';
      if (depth === MAX_DEPTH) return ' is nested too deeply';
      return Array.isArray(value) ? findFlawInArray(value, depth) : findFlawInObject(value, depth);
    default:
      return ` is ${typeof value}`;
  }
}

function findFlawInArray(items: readonly unknown[], depth: number): string | undefined {
  // by index: a hole reads as undefined here, and is skipped by every other way to walk
  for (let index = 0; index < items.length; index++) {
    const flaw = findFlaw(items[index], depth + 1);
    if (flaw !== undefined) return `[${index}]${flaw}`;
  }
  return undefined;
}

function findFlawInObject(object: object, depth: number): string | undefined {
  if (!isPlain(object)) return ' is not a plain object';
  for (const key of Object.keys(object)) {
    if (!key.isWellFormed()) return ' has a key with a lone surrogate';
    const flaw = findFlaw((object as Readonly<Record<string, unknown>>)[key], depth + 1);
    if (flaw !== undefined) return `.${key}${flaw}`;
  }
  return undefined;
}

/** A prototype that has none itself is some realm's Object.prototype. */
function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
