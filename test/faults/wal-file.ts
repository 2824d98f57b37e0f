import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';

/** Sizes of the file format: https://www.sqlite.org/fileformat2.html#walformat and https://www.sqlite.org/walformat.html */
const headerBytes = 32;
const frameHeaderBytes = 24;
const indexHeaderBytes = 48;
const indexBytes = 136;

/** How far a write-ahead log goes, as SQLite keeps it in the `-shm` file beside it. */
export interface WalState {
  /** names one generation of the log: it begins anew, under another salt, when all of it is in the main file */
  readonly salt: string;
  /** of the last commit */
  readonly frames: number;
  /** so many frames, from the first, may be in the main file already; they were on disk before */
  readonly moved: number;
  readonly pageBytes: number;
}

/** @param path of the data file; its server may be running */
export function walState(path: string): WalState | undefined {
  if (!existsSync(`${path}-shm`)) return undefined;
  for (;;) {
    const index = Buffer.alloc(indexBytes);
    const file = openSync(`${path}-shm`, 'r');
    readSync(file, index, 0, indexBytes, 0);
    closeSync(file);
    // the header is there twice: when they differ, it is being written
    if (index.compare(index, 0, indexHeaderBytes, indexHeaderBytes, 2 * indexHeaderBytes) !== 0) continue;
    return {
      salt: index.toString('hex', 32, 40),
      frames: index.readUInt32LE(16),
      moved: Math.max(index.readUInt32LE(96), index.readUInt32LE(128)),
      // 1 stands for 65536
      pageBytes: index.readUInt16LE(14) === 1 ? 65536 : index.readUInt16LE(14),
    };
  }
}

/**
 * The offsets between which a crash may cut: what has been moved into the main file was on disk before that, so no crash takes it
 * away again; what follows the last commit is not committed.
 */
export function cutRange({ frames, moved, pageBytes }: WalState): readonly [from: number, to: number] {
  const offset = (frame: number) => headerBytes + frame * (frameHeaderBytes + pageBytes);
  return [moved === 0 ? 0 : offset(moved), offset(frames)];
}

/** How many frames are whole before an offset. */
export const framesBefore = (offset: number, { pageBytes }: WalState): number =>
  Math.max(0, Math.floor((offset - headerBytes) / (frameHeaderBytes + pageBytes)));

export const cutWal = (path: string, offset: number): void => truncateSync(`${path}-wal`, offset);

export function flipByte(path: string, offset: number, bits: number): void {
  const bytes = readFileSync(`${path}-wal`);
  if (statSync(`${path}-wal`).size <= offset) return;
  bytes[offset]! ^= bits;
  writeFileSync(`${path}-wal`, bytes);
}
