import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, OpenOptions } from '@ihala/event-log/conformance';
import { openSqliteService, type SqliteService } from './index.js';

/** Data files in a temporary folder. */
export async function makeSqliteEngine(): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), 'ihala-log-'));
  const opened: SqliteService[] = [];
  const paths = new Map<string, string>();
  const open = async (service: string, options?: OpenOptions) => {
    const path = paths.get(service) ?? join(folder, `${service}.sqlite`);
    paths.set(service, path);
    const handle = openSqliteService(path, service, options);
    opened.push(handle);
    return handle;
  };
  return {
    open,
    async crash(service, options) {
      // the files as they are now are what a kill leaves. Copied by another process: SQLite loses its locks on a file
      // when its own process closes any descriptor of it
      const [before, after] = [paths.get(service)!, `${paths.get(service)!}+`];
      execFileSync('sh', ['-c', 'cp "$0" "$1"; cp "$0-wal" "$1-wal"', before, after]);
      paths.set(service, after);
      return open(service, options);
    },
    async destroy() {
      await Promise.all(opened.map((handle) => handle.close()));
      rmSync(folder, { recursive: true });
    },
  };
}
