import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** From now until it is mended, nothing of the kind is written to this table. @returns how to mend it */
export function broken(folder: string, service: string, table: string, kind = ''): () => void {
  const db = new DatabaseSync(join(folder, `${service}.sqlite`));
  const name = `"broken ${table}"`;
  db.exec(`CREATE TRIGGER ${name} BEFORE INSERT ON "${table}" ${kind} BEGIN SELECT RAISE(ABORT, 'x'); END`);
  return () => {
    db.exec(`DROP TRIGGER ${name}`);
    db.close();
  };
}
