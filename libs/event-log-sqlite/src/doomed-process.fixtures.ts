import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openSqliteService } from './index.js';

/** Appends without end, 16 at a time, and says on stdout which ones were acknowledged; its parent kills it. */
const { log, close } = openSqliteService(process.argv[2]!, 'cases');

async function appendForever(): Promise<never> {
  for (;;) {
    const id = randomUUID();
    const event = (type: string) => ({
      id: `${id}-${type}`,
      type,
      schemaVersion: 1,
      occurredAt: '2026-11-20T09:30:00.000Z',
      actor: { agency: 'oim', subject: 'fatima', role: 'caseworker' },
      correlationId: id,
      causationId: id,
      data: {},
    });
    await log.append({
      writes: [{ stream: `cases/case-${id}`, expectedVersion: 0, events: [event('opened'), event('noted')] }],
      command: { id, fingerprint: 'f' },
    });
    // synchronous: what was said before the kill has been said
    writeSync(1, `${id}\n`);
  }
}

await Promise.all(Array.from({ length: 16 }, appendForever));
// never reached; held on to, since whoever lets go of it lets the garbage collector unlock the file
await close();
