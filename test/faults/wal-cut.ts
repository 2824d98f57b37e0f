import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Chance } from './chance.js';
import { check } from './checker.js';
import { copyFolder, type DataFile, dataFiles, readFolder } from './data-folder.js';
import type { Finding } from './finding.js';
import type { Entry } from './ledger.js';
import { type Launch, Server } from './server.js';
import { Trial } from './trial.js';
import { cutRange, cutWal, flipByte, framesBefore, walState, type WalState } from './wal-file.js';

/** How far its service's write-ahead log went when a command was acknowledged: up to there a crash may take nothing. */
type SyncPoints = Map<string, Pick<WalState, 'salt' | 'frames'>>;

/** The data folder as a crash at one acknowledgement would leave it. */
export interface CrashImage {
  readonly folder: string;
  readonly entries: readonly Entry[];
  readonly syncPoints: SyncPoints;
  readonly states: ReadonlyMap<string, WalState>;
  /** the logs as they are in it, uncut */
  readonly files: readonly DataFile[];
}

/** A trial whose acknowledgements are all marked with how far the log went. */
export function markedTrial(chance: Chance, launch: Launch = {}): { trial: Trial; syncPoints: SyncPoints } {
  const syncPoints: SyncPoints = new Map();
  const onAcknowledged = ({ command: { key, service } }: Entry) => {
    const state = walState(join(trial.folder, `${service}.sqlite`));
    if (state && !syncPoints.has(key)) syncPoints.set(key, state);
  };
  const trial = new Trial(chance, launch, { lanes: 8, onAcknowledged });
  return { trial, syncPoints };
}

/** Copies the folder while its server stands still in the middle of its work. */
export async function crashImage(trial: Trial, syncPoints: SyncPoints): Promise<CrashImage> {
  const folder = trial.beside();
  return trial.server.frozen(() => {
    copyFolder(trial.folder, folder);
    const states = dataFiles(folder).map((name) => [name, walState(join(trial.folder, name))] as const);
    return {
      folder,
      entries: trial.load.post.ledger.copy(),
      syncPoints: new Map(syncPoints),
      states: new Map(states.filter((known): known is [string, WalState] => known[1] !== undefined)),
      files: readFolder(copied(folder, trial.beside())),
    };
  });
}

/** Opening a file changes what is beside it: the image stays as it is, copies are opened. */
function copied(from: string, to: string): string {
  copyFolder(from, to);
  return to;
}

/** Harms each service's write-ahead log at a place of its own. @returns the folder, and how many frames of each are left */
export function harmed(image: CrashImage, to: string, chance: Chance, how: 'cut' | 'flip') {
  copyFolder(image.folder, to);
  const left = new Map<string, number>();
  for (const [name, state] of image.states) {
    const [first, end] = cutRange(state);
    if (end <= first) continue;
    const offset = chance.between(first, how === 'cut' ? end : end - 1);
    if (how === 'cut') cutWal(join(to, name), offset);
    else flipByte(join(to, name), offset, chance.between(1, 255));
    left.set(name, framesBefore(offset, state));
  }
  return left;
}

/** What must hold in a harmed folder: each log a prefix, with all that was acknowledged up to the last sync point that is left. */
export function checkHarmed(image: CrashImage, folder: string, left: ReadonlyMap<string, number>): Finding[] {
  const entries = image.entries.map((entry) => (isLeft(image, entry, left) ? entry : inDoubt(entry)));
  const whole = new Map(image.files.map((file) => [file.service, file]));
  return [
    ...check(folder, { entries, sourcesCut: true }),
    ...readFolder(folder).flatMap((file) => checkPrefix(file, whole.get(file.service)!)),
  ];
}

function isLeft({ syncPoints, states }: CrashImage, { command }: Entry, left: ReadonlyMap<string, number>): boolean {
  const name = `${command.service}.sqlite`;
  const point = syncPoints.get(command.key);
  const frames = left.get(name);
  if (frames === undefined || point === undefined) return true;
  return point.salt !== states.get(name)!.salt || point.frames <= frames;
}

const inDoubt = (entry: Entry): Entry => ({ ...entry, acknowledged: [], sent: entry.sent + 1 });

function checkPrefix({ file, events }: DataFile, whole: DataFile): Finding[] {
  const index = events.findIndex((event, at) => JSON.stringify(event) !== JSON.stringify(whole.events[at]));
  return index === -1
    ? []
    : [{ check: 'no-prefix', file, position: events[index]!.position, what: events[index]!.type }];
}

/**
 * Ihala on a harmed folder: it starts, opens cases, and whoever knows more of a source than the source itself still has says so and
 * takes nothing more from it, and nobody else.
 */
export async function checkStart(folder: string, launch?: Launch): Promise<Finding[]> {
  const forks = ahead(readFolder(copied(folder, `${folder}-read`)));
  rmSync(`${folder}-read`, { recursive: true });
  const server = new Server(folder, launch);
  try {
    if ((await server.ready()) === undefined) return [{ check: 'start', file: folder, what: server.output.toString() }];
    await pause(300);
  } finally {
    await server.end('SIGKILL');
  }
  const told = readFolder(copied(folder, `${folder}-read`)).flatMap(({ service, forked }) =>
    forked.map((source) => `${service} of ${source}`),
  );
  rmSync(`${folder}-read`, { recursive: true });
  const differs = JSON.stringify(told.sort()) !== JSON.stringify(forks.sort());
  return [
    ...(differs ? [{ check: 'forks', file: folder, what: `${told.join()} instead of ${forks.join()}` }] : []),
    ...check(folder, { sourcesCut: true }),
  ];
}

/** Who has copies of what the source has no more. */
function ahead(files: readonly DataFile[]): string[] {
  return files.flatMap(({ service, events }) =>
    files
      .filter((source) => {
        const copies = events.filter((event) => event.source === source.service).length;
        return copies > source.events.filter((event) => event.source === undefined).length;
      })
      .map((source) => `${service} of ${source.service}`),
  );
}
