import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { clear, event } from '@ihala/contracts';
import { Rush } from '@ihala/event-log';
import { openSqliteService, type SqliteService } from '@ihala/event-log-sqlite';
import { KeyEncryptionKey, Sealer, SqliteKeyring } from '@ihala/privacy';
import { type Call, CommandShell, EventWriter, Problem, SourceCopies, type Work } from '@ihala/service-kit';
import { newFolder } from './world.js';

const call: Call = {
  caller: {
    issuer: 'https://issuer.example',
    agency: 'oim',
    kinds: ['custody'],
    subject: 'k.benali',
    roles: ['caseworker'],
    units: [],
    expiresAt: new Date('2026-03-03T00:00:00Z'),
  },
  method: 'POST',
  path: '/v1/cases/1/closure',
  idempotencyKey: 'once',
  requestId: 'r',
  correlationId: 'r',
  receivedAt: '2026-03-02T09:00:00.000Z',
  language: 'fr',
};
const stream = 'cases/case-1';

describe('a command whose twin wins while it decides', () => {
  let service: SqliteService;
  let keyring: SqliteKeyring;
  let folder: string;
  let shell: CommandShell;
  beforeEach(() => {
    folder = newFolder();
    service = openSqliteService(':memory:', 'cases');
    keyring = new SqliteKeyring(join(folder, 'keyring.sqlite'), KeyEncryptionKey.generate());
    const writer = new EventWriter(
      'cases',
      { CaseClosed: event(1, { at: clear.instant() }) },
      new Sealer(keyring.scopedTo([])),
    );
    shell = new CommandShell({
      ...{ store: service, writer, copies: new SourceCopies(new Map()), commandSecret: new Uint8Array(32) },
      surroundings: { rush: new Rush() },
    });
  });
  afterEach(async () => {
    await service.close();
    await keyring.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const closed = { type: 'CaseClosed', data: { at: call.receivedAt } };
  const closing: Work = {
    decide: async () => ({ writes: [{ stream, expectedVersion: 0, events: [closed] }] }),
    answer: async ([write]) => ({ body: {}, version: write!.version }),
  };
  /** Decides what `otherwise` says, but only after the twin has been answered. */
  const overtaken = (otherwise: Work['decide']): Work => ({
    ...closing,
    decide: async (retry) => {
      await shell.run(call, {}, closing);
      return otherwise(retry);
    },
  });

  it.each<[string, Work['decide']]>([
    ['would be refused because of it', async () => ({ refused: 'case.not-open' })],
    [
      'finds its version stale because of it',
      async () => {
        throw new Problem(412, 'precondition.failed');
      },
    ],
    ['would write the same once more', closing.decide],
  ])('and which %s, answers as its twin did', async (_, otherwise) => {
    const answer = await shell.run(call, {}, overtaken(otherwise));
    expect(answer.meta).toMatchObject({ version: 1, replayed: true });
    expect(await service.log.lastPosition()).toBe(1);
  });

  it('but was about something else, is told that its key was used', async () => {
    await shell.run(call, {}, closing);
    const other = shell.run(call, { reason: 'left' }, closing);
    await expect(other).rejects.toMatchObject({ status: 422, code: 'idempotency-key.reused' });
  });

  it('decides again when a stream it rests on has moved', async () => {
    const { idempotencyKey: _, ...keyless } = call;
    const decisions: boolean[] = [];
    const answer = await shell.run(
      keyless,
      {},
      {
        ...closing,
        decide: async (retry) => {
          decisions.push(retry);
          if (!retry) await shell.run(keyless, {}, closing);
          return { writes: [{ stream, expectedVersion: retry ? 1 : 0, events: [closed] }] };
        },
      },
    );
    expect([decisions, answer.meta.version]).toEqual([[false, true], 2]);
  });
});
