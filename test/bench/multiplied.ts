import { randomBytes } from 'node:crypto';
import type { Row } from './life.js';

/** What is another one in every life: ids, instants, spoken references, command ids. */
const PARTICULAR =
  /([0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)|IH-26-\w+/;

type Part = string | { readonly id: number } | { readonly instant: number } | { readonly reference: true };

/** How many lives are told at a time: their events stand between each other's in the log. */
const underWayAmong = (count: number): number => Math.min(200, Math.max(1, Math.floor(count / 100)));
const YEAR_MS = 365 * 86_400_000;

/** A text cut where its particulars stand, so that another life's is put together quickly. */
class Template {
  readonly parts: readonly Part[];

  constructor(text: string, ids: Map<string, number>) {
    this.parts = text.split(new RegExp(PARTICULAR.source)).length === 1 ? [text] : [...Template.#cut(text, ids)];
  }

  static *#cut(text: string, ids: Map<string, number>): Generator<Part> {
    let at = 0;
    for (const match of text.matchAll(new RegExp(PARTICULAR.source, 'g'))) {
      yield text.slice(at, match.index);
      at = match.index + match[0].length;
      const [, id, instant] = match;
      if (id !== undefined) {
        if (!ids.has(id)) ids.set(id, ids.size);
        yield { id: ids.get(id)! };
      } else yield instant === undefined ? { reference: true } : { instant: Date.parse(instant) };
    }
    yield text.slice(at);
  }

  for(life: Life): string {
    let text = '';
    for (const part of this.parts) {
      if (typeof part === 'string') text += part;
      else if ('id' in part) text += life.ids[part.id];
      else if ('instant' in part) text += new Date(part.instant + life.shift).toISOString();
      else text += `IH-26-${life.number.toString(36).toUpperCase().padStart(7, '0')}`;
    }
    return text;
  }
}

interface Life {
  readonly number: number;
  readonly ids: readonly string[];
  /** milliseconds from the instants of the told life to those of this one */
  readonly shift: number;
  next: number;
}

/** Rows of as many lives as are needed, all like the one that was told, in the order of a log, which ends now. */
export function* multiplied(told: readonly Row[], count: number, duration = YEAR_MS): Generator<Row> {
  const ids = new Map<string, number>();
  const templates = told.map(({ stream, caseId, body, ...row }) => ({
    ...row,
    stream: new Template(stream, ids),
    caseId: caseId === null ? undefined : new Template(caseId, ids),
    body: new Template(body, ids),
  }));
  const begin = Date.now() - duration;
  const toldAt = Date.parse(told[0]!.recordedAt);
  const underWay: Life[] = [];
  const places = underWayAmong(count);
  let lives = 0;
  for (let row = 0; row < count; row += 1) {
    const at = begin + Math.floor((row / count) * duration);
    const place = Math.floor(Math.random() * places);
    let life = underWay[place];
    if (life === undefined || life.next === templates.length) {
      life = underWay[place] = { number: lives, ids: newIds(ids.size, at), shift: at - toldAt, next: 0 };
      lives += 1;
    }
    const { stream, caseId, body, version, command } = templates[life.next]!;
    life.next += 1;
    yield {
      stream: stream.for(life),
      version,
      recordedAt: new Date(at).toISOString(),
      caseId: caseId?.for(life) ?? null,
      body: body.for(life),
      ...(command && { command: { id: randomBytes(32).toString('base64url'), fingerprint: command.fingerprint } }),
    };
  }
}

/** UUIDv7 of one instant. */
function newIds(count: number, at: number): string[] {
  const time = at.toString(16).padStart(12, '0');
  const random = randomBytes(count * 10).toString('hex');
  return Array.from({ length: count }, (_, n) => {
    const rest = random.slice(n * 20, n * 20 + 20);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-a${rest.slice(3, 6)}-${rest.slice(6, 18)}`;
  });
}
