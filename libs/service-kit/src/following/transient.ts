import { StorageUnavailable } from '@ihala/event-log';
import { KeyringUnavailable } from '@ihala/privacy';
import { Problem } from '../http/problem.js';

/** SQLite, when it reads: held by another, its table too, input or output failed. */
const passing = new Set([5, 6, 10]);

/** A disk that is full, failing or held by another, and our own 503s: they pass, or somebody makes them pass. */
export function isTransient(error: unknown): boolean {
  if (error instanceof StorageUnavailable || error instanceof KeyringUnavailable) return true;
  if (error instanceof Problem) return error.status === 503;
  const code = (error as { errcode?: unknown } | undefined)?.errcode;
  return typeof code === 'number' && passing.has(code & 0xff);
}
