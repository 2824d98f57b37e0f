import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkCommands } from './command-checks.js';
import { checkCopies, type CopyLimits } from './copy-checks.js';
import { copyFolder, type DataFile, keyIds, readFolder } from './data-folder.js';
import { checkDomain, checkFollowed } from './domain-checks.js';
import type { Finding } from './finding.js';
import type { Entry } from './ledger.js';
import { checkLog } from './log-checks.js';

export interface Known extends Partial<CopyLimits> {
  /** all that was ever sent to this folder's server; left out: nothing is known of it */
  readonly entries?: readonly Entry[];
  /** what stands in every text about a person */
  readonly planted?: string;
  /** what the server printed */
  readonly output?: Buffer;
}

/** Ends are acted on within this time. */
const graceMs = 5000;

/** Logs as they were read, of whichever engine. */
export interface Logs {
  readonly files: readonly DataFile[];
  /** of the keys that are there, or were destroyed */
  readonly keys: ReadonlySet<string>;
}

/**
 * Reads a data folder whose server was stopped or killed, and tells everything in it that must not be. It reads a copy, so that
 * whatever opening a file may mend or change is left to the server; and it shares no code with what it checks.
 */
export function check(folder: string, known: Known = {}): Finding[] {
  const copy = mkdtempSync(join(tmpdir(), 'ihala-checked-'));
  try {
    copyFolder(folder, copy);
    return [...checkLogs({ files: readFolder(copy), keys: keyIds(copy) }, known), ...checkSecrecy(folder, known)];
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** What the logs tell, wherever they lie. */
export function checkLogs({ files, keys }: Logs, known: Known = {}): Finding[] {
  const { entries, settled = false, sourcesCut = false } = known;
  return [
    ...files.flatMap(checkLog),
    ...checkCopies(files, { settled, sourcesCut }),
    ...(entries ? checkCommands(files, entries) : []),
    ...checkDomain(files),
    ...(settled ? checkFollowed(files, new Date(Date.now() - graceMs).toISOString()) : []),
    ...checkKeys(files, keys),
  ];
}

/** A key is on disk before anything that it seals. */
function checkKeys(files: readonly DataFile[], keys: ReadonlySet<string>): Finding[] {
  return files.flatMap(({ file, events }) =>
    events
      .filter(({ sealed }) => sealed.some(({ keyId }) => !keys.has(keyId)))
      .map(({ position, type }) => ({ check: 'key-missing', file, position, what: type })),
  );
}

/** What was said of a person is nowhere to be read: neither in a file of the folder nor in what was printed. */
function checkSecrecy(folder: string, { planted, output }: Known): Finding[] {
  if (planted === undefined) return [];
  const places = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))] as const);
  return [...places, ...(output ? [['output', output] as const] : [])]
    .filter(([, bytes]) => bytes.includes(planted))
    .map(([file]) => ({ check: 'plain-text', file, what: 'a planted word' }));
}

/** Documents of two states of a folder's views, where they differ. */
export function compareViews(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Finding[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => ({ check: 'view-differs', file: name.split(' ')[0]!, what: name }));
}
