import { createHash } from 'node:crypto';
import type { DataFile, LoggedEvent } from './data-folder.js';
import type { Finding } from './finding.js';

/** What a copy may lack, or have too much. */
export interface CopyLimits {
  /** nothing is under way any more: copies go as far as their sources */
  readonly settled: boolean;
  /** the sources may have lost their ends: then copies go further, and differ from what the source recorded since */
  readonly sourcesCut: boolean;
}

/** Who listens to whom: `cases` and `audit` to everybody, a sector to `cases` alone. */
const sourcesOf = (service: string, all: readonly DataFile[]): readonly DataFile[] =>
  all.filter(
    (other) => other.service !== service && (['cases', 'audit'].includes(service) || other.service === 'cases'),
  );

/** Each service has each event of its sources once, in order, as the source has it. */
export function checkCopies(files: readonly DataFile[], limits: CopyLimits): Finding[] {
  return files.flatMap((file) => {
    const sources = sourcesOf(file.service, files);
    const known = new Set(sources.map(({ service }) => service));
    const stray = file.events.find(({ source }) => source !== undefined && !known.has(source));
    return [
      ...(stray ? [{ check: 'copy-unexpected', file: file.file, position: stray.position, what: stray.source! }] : []),
      ...(limits.sourcesCut ? [] : file.forked.map((what) => ({ check: 'source-forked', file: file.file, what }))),
      ...sources.flatMap((source) => checkCopy(file, source, limits)),
    ];
  });
}

function checkCopy({ file, events }: DataFile, source: DataFile, { settled, sourcesCut }: CopyLimits): Finding[] {
  const originals = source.events.filter((event) => event.source === undefined);
  const copies = events.filter((event) => event.source === source.service);
  const found = (check: string, event: LoggedEvent, what = event.stream) => [
    { check, file, position: event.position, what: `${source.service}: ${what}` },
  ];
  for (const [index, copy] of copies.entries()) {
    const original = originals[index];
    if (copy.sequence < index) return found('copy-order', copy, `${copy.sequence} after ${index - 1}`);
    if (copy.sequence > index) return found('copy-missing', copy, `${index}`);
    if (original && digest(original.envelope) === digest(copy.envelope)) continue;
    return sourcesCut ? [] : found(original ? 'copy-differs' : 'copy-ahead', copy);
  }
  if (!settled || copies.length === originals.length) return [];
  return [{ check: 'copy-behind', file, what: `${source.service}: ${copies.length} of ${originals.length}` }];
}

/** Of the canonical form (RFC 8785, as far as plain strings, whole numbers, booleans, arrays and objects go). */
function digest(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}
