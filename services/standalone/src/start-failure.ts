import { accessSync, constants } from 'node:fs';
import { DeploymentInvalid, DevIssuerForbidden } from '@ihala/access';
import { DataFileInUse } from '@ihala/event-log-sqlite';
import { KeyEncryptionKeyRefused, WrongKeyEncryptionKey } from '@ihala/privacy';
import { restoreUnfinished } from './backup/restore.js';
import { makeFolder } from './data-folder.js';

/** The data folder cannot be made, or nothing can be written into it. */
export class DataFolderRefused extends Error {}

/** Exit codes, as sysexits.h has them, so that whatever restarts Ihala can tell what a restart may mend. */
const exitCodes = { other: 1, cannotWrite: 73, tryLater: 75, settings: 78 } as const;

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

interface StartFailure {
  readonly message: string;
  readonly exitCode: number;
}

/** Why Ihala could not start, in words that say what to do about it, and the exit code. */
export function startFailure(error: unknown, folder: string): StartFailure {
  const { message, code, errcode } = error as NodeJS.ErrnoException & { errcode?: number };
  const wrong = wrongSetting(error);
  if (wrong !== undefined) return { message: wrong, exitCode: exitCodes.settings };
  if (error instanceof DataFolderRefused) return { message, exitCode: exitCodes.cannotWrite };
  if (error instanceof DataFileInUse) {
    return {
      message: `${message}: an Ihala runs on ${folder} already; stop it, or give this one a folder of its own (IHALA_DATA)`,
      exitCode: exitCodes.tryLater,
    };
  }
  if (code === 'EADDRINUSE' || code === 'EACCES') {
    return { message: `${message}: give another PORT, or stop what listens there`, exitCode: exitCodes.tryLater };
  }
  if (diskErrors.has((errcode ?? 0) & 0xff) || ['ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG', 'EIO'].includes(code ?? '')) {
    return {
      message: `nothing could be written into ${folder} (${message}): make room there, or see to the disk; no data is lost`,
      exitCode: exitCodes.cannotWrite,
    };
  }
  return { message: Error.isError(error) ? message : String(error), exitCode: exitCodes.other };
}

/** Which setting is wrong, and why, if that is it. */
function wrongSetting(error: unknown): string | undefined {
  const { message, code } = error as NodeJS.ErrnoException;
  if (error instanceof DeploymentInvalid) return `IHALA_CONFIG: ${message}`;
  if (['EADDRNOTAVAIL', 'ENOTFOUND'].includes(code ?? '')) return `IHALA_HOST: ${message}`;
  const named = [DevIssuerForbidden, KeyEncryptionKeyRefused, WrongKeyEncryptionKey];
  return named.some((kind) => error instanceof kind) ? message : undefined;
}

/** SQLite: read-only, input or output failed, full, cannot be opened. */
const diskErrors = new Set([8, 10, 13, 14]);

export const settingsWrong = (error: unknown): StartFailure => ({
  message: (error as Error).message,
  exitCode: exitCodes.settings,
});
