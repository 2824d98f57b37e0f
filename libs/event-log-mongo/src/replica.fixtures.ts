import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { WrongExpectedVersion, type WrongExpectedVersion as Conflict } from '@ihala/event-log';
import { openMongoService } from './index.js';

/** A replica in a process of its own: `node … replica.fixtures.ts <uri> <database> <work>`; says on stdout what it has done. */
const [uri, database, work] = process.argv.slice(2) as [string, string, string];
const service = await openMongoService(uri, 'cases', { database, leaseMs: 1000 });
// synchronous: what was said before a kill has been said
const say = (...words: readonly (string | number)[]) => void writeSync(1, `${words.join(' ')}\n`);

const newEvent = (type: string) => {
  const id = randomUUID();
  const actor = { agency: 'oim', subject: 'fatima', role: 'caseworker' };
  const instant = '2026-11-20T09:30:00.000Z';
  return { id, type, schemaVersion: 1, occurredAt: instant, actor, correlationId: id, causationId: id, data: {} };
};

/** Notes in cases that all replicas write to, 16 at a time. */
async function append(worker: number): Promise<never> {
  let expectedVersion = 0;
  for (let n = worker; ; n++) {
    const [stream, events] = [`cases/case-${n % 5}`, [newEvent('NoteAdded'), newEvent('NoteAdded')]];
    try {
      await service.log.append({
        writes: [{ stream, expectedVersion, events }],
        command: { id: randomUUID(), fingerprint: 'f' },
      });
      for (const { id } of events) say('appended', id);
    } catch (error) {
      if (!(error instanceof WrongExpectedVersion)) throw error;
    }
    expectedVersion = (await tail(`cases/case-${(n + 1) % 5}`)) ?? 0;
  }
}

async function tail(stream: string): Promise<number> {
  const nothing = { writes: [{ stream, expectedVersion: Number.MAX_SAFE_INTEGER, events: [] }] };
  return service.log.append(nothing).then(
    () => 0,
    (error: Conflict) => error.actual,
  );
}

/** Moves a checkpoint on and on while it holds the lease. */
async function relay(): Promise<void> {
  let running = false;
  const run = async () => {
    say('started');
    while (running) {
      try {
        const at = await service.reactions.checkpoint('relay');
        await service.reactions.moveCheckpoint('relay', at, at + 1);
        say('moved', at + 1);
      } catch (error) {
        say('refused', (error as Error).constructor.name);
      }
      await sleep(5);
    }
    say('stopped');
  };
  let over = Promise.resolve();
  service.lease.keep(
    {
      start() {
        running = true;
        over = run();
      },
      async stop() {
        running = false;
        await over;
      },
    },
    (error) => say('failed', (error as Error).message),
  );
}

say('open');
if (work === 'append') await Promise.all(Array.from({ length: 16 }, (_, worker) => append(worker)));
else await relay();
