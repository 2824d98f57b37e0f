import { accessSync, constants } from 'node:fs';
import { DataFileInUse } from '@ihala/event-log-sqlite';
import { exitCodes, failureOf, type StartFailure } from '@ihala/service-kit';
import { restoreUnfinished } from './backup/restore.js';
import { makeFolder } from './data-folder.js';

/** The data folder cannot be made, or nothing can be written into it. */
export class DataFolderRefused extends Error {}

/** Makes the data folder if need be. @throws DataFolderRefused */
export function prepareDataFolder(folder: string): void {
  try {
    makeFolder(folder);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new DataFolderRefused(
      `the data folder ${folder} cannot be used (${code}): it must be a folder that this user may read and write, on a disk that is not read-only`,
      { cause: error },
    );
  }
  if (restoreUnfinished(folder)) {
    throw new DataFolderRefused(
      `a restore into ${folder} did not end: empty the folder, but for kek, and restore again`,
    );
  }
}

/** Why Ihala could not start, in words that say what to do about it, and the exit code. */
export function startFailure(error: unknown, folder: string): StartFailure {
  const { message, code, errcode } = error as NodeJS.ErrnoException & { errcode?: number };
  if (error instanceof DataFolderRefused) return { message, exitCode: exitCodes.cannotWrite };
  if (error instanceof DataFileInUse) {
    return {
      message: `${message}: an Ihala runs on ${folder} already; stop it, or give this one a folder of its own (IHALA_DATA)`,
      exitCode: exitCodes.tryLater,
    };
  }
  if (diskErrors.has((errcode ?? 0) & 0xff) || ['ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG', 'EIO'].includes(code ?? '')) {
    return {
      message: `nothing could be written into ${folder} (${message}): make room there, or see to the disk; no data is lost`,
      exitCode: exitCodes.cannotWrite,
    };
  }
  return failureOf(error);
}

/** SQLite: read-only, input or output failed, full, cannot be opened. */
const diskErrors = new Set([8, 10, 13, 14]);
