import { DeploymentInvalid, DevIssuerForbidden } from '@ihala/access';
import { KeyEncryptionKeyRefused, WrongKeyEncryptionKey } from '@ihala/privacy';

/** Exit codes, as sysexits.h has them, so that whatever restarts Ihala can tell what a restart may mend. */
export const exitCodes = { other: 1, cannotWrite: 73, tryLater: 75, settings: 78 } as const;

export interface StartFailure {
  readonly message: string;
  readonly exitCode: number;
}

/** Why a process could not start, as far as it is the same in every engine. */
export function failureOf(error: unknown): StartFailure {
  const { message, code } = error as NodeJS.ErrnoException;
  const wrong = wrongSetting(error);
  if (wrong !== undefined) return { message: wrong, exitCode: exitCodes.settings };
  if (code === 'EADDRINUSE' || code === 'EACCES') {
    return { message: `${message}: give another PORT, or stop what listens there`, exitCode: exitCodes.tryLater };
  }
  return { message: Error.isError(error) ? message : String(error), exitCode: exitCodes.other };
}

/** Which setting is wrong, and why, if that is it. */
function wrongSetting(error: unknown): string | undefined {
  const { message, code } = error as NodeJS.ErrnoException;
  if (error instanceof SettingsWrong) return message;
  if (error instanceof DeploymentInvalid) return `IHALA_CONFIG: ${message}`;
  if (['EADDRNOTAVAIL', 'ENOTFOUND'].includes(code ?? '')) return `IHALA_HOST: ${message}`;
  const named = [DevIssuerForbidden, KeyEncryptionKeyRefused, WrongKeyEncryptionKey];
  return named.some((kind) => error instanceof kind) ? message : undefined;
}

/** The environment is not as it has to be; the message names each variable, and never what a secret holds. */
export class SettingsWrong extends Error {}
