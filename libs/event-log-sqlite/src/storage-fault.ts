import { StorageUnavailable } from '@ihala/event-log';

/** Primary result codes: held by another program, read-only, input or output failed, full, cannot be opened. */
const faults = new Set([5, 8, 10, 13, 14]);

/** What SQLite says when the disk is at fault, and not the program, as the log's callers know it; anything else as it is. */
export function storageFault(error: unknown): unknown {
  const code = (error as { errcode?: unknown } | undefined)?.errcode;
  if (typeof code !== 'number' || !faults.has(code & 0xff)) return error;
  return new StorageUnavailable('what was to be written did not get to disk', { cause: error });
}
