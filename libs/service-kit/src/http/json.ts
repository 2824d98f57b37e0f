import { type FieldError, Problem, invalid } from './problem.js';

export const maxBodyBytes = 64 * 1024;
const maxDepth = 32;

/** A body as it came in, read before the guards and parsed after them. */
export class RawBody {
  constructor(
    readonly bytes: Buffer,
    readonly contentType: string | undefined,
    readonly tooLarge: boolean,
  ) {}
}

/** @throws Problem 413, 415 or 400, in this order. No body is `{}`. */
export function parseBody(body: unknown): unknown {
  if (!(body instanceof RawBody)) return {};
  if (body.tooLarge) throw new Problem(413, 'request.too-large');
  if (body.bytes.length === 0) return {};
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(body.contentType ?? '')) {
    throw new Problem(415, 'request.unsupported-media-type');
  }
  return parseJson(body.bytes);
}

/**
 * RFC 8259 JSON, with what I-JSON (RFC 7493) forbids refused: duplicate names, ill-formed strings, integers beyond
 * 2^53; deep nesting too. @throws Problem 400 `request.invalid`
 */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw malformed('not valid JSON in UTF-8');
  }
  inspect(text);
  return value;
}

const malformed = (message: string) => invalid([{ path: '', message } satisfies FieldError]);

/** Walks the tokens of a text that is known to be valid JSON, for what JSON.parse lets pass. */
function inspect(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  const token = /"[^"\\]*(?:\\.[^"\\]*)*"\s*(:?)|[[\]{}]|-?\d[\d.eE+-]*/gy;
  const gap = /[^"[\]{}\d-]*/y;
  for (let at = 0; at < text.length; at = token.lastIndex) {
    gap.lastIndex = at;
    gap.exec(text);
    token.lastIndex = gap.lastIndex;
    const match = token.exec(text);
    if (!match) return;
    const [part, colon] = match;
    if (part[0] === '{' || part[0] === '[') {
      open.push(part[0] === '{' ? new Set() : undefined);
      if (open.length > maxDepth) throw malformed('nested too deeply');
    } else if (part[0] === '}' || part[0] === ']') open.pop();
    else if (part[0] === '"') inspectString(part.slice(0, part.lastIndexOf('"') + 1), colon ? open.at(-1) : undefined);
    else if (!Number.isFinite(Number(part)) || Math.abs(Number(part)) > Number.MAX_SAFE_INTEGER) {
      throw malformed('a number beyond 2^53');
    }
  }
}

function inspectString(literal: string, names: Set<string> | undefined): void {
  const value = JSON.parse(literal) as string;
  if (!value.isWellFormed()) throw malformed('a lone surrogate');
  if (!names) return;
  if (['__proto__', 'constructor', 'prototype'].includes(value)) throw malformed(`the name ${value} is not allowed`);
  if (names.has(value)) throw malformed('a name stands twice in one object');
  names.add(value);
}
