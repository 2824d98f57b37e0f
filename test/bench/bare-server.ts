import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { type Caller, DevIssuer, loadDeployment, Policies, TokenVerifier } from '@ihala/access';
import { KeyEncryptionKey, Sealer, SqliteKeyring } from '@ihala/privacy';
import { newId } from '@ihala/service-kit';
import fastify, { type FastifyRequest } from 'fastify';
import { insertsInto } from './log-files.js';

/**
 * The least that a command and a page can cost: one handler on bare Fastify that checks the same token, asks the same policies
 * once, seals once and inserts the same rows durably; a page reads as many rows, and parses and answers them.
 * Prints its address. Argument: a folder with a health log and a place for a keyring.
 */
const folder = process.argv[2]!;
const deployment = loadDeployment(undefined);
const issuer = await DevIssuer.create(deployment);
const tokens = new TokenVerifier(deployment.withIssuer(issuer.issuerConfig()));
const policies = new Policies(deployment.audit.readsAll);
const keyring = new SqliteKeyring(join(folder, 'keyring.sqlite'), KeyEncryptionKey.generate());
const sealer = new Sealer(keyring.scopedTo(['texts-health']));
const db = new DatabaseSync(join(folder, 'health.sqlite'));
db.exec(
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 8000',
);
const inserts = insertsInto(db);
const page = db.prepare('SELECT stream, recorded_at, body FROM events WHERE position > ? ORDER BY position LIMIT ?');
let { position, sequence } = db
  .prepare('SELECT max(position) AS position, max(sequence) AS sequence FROM events')
  .get() as {
  position: number;
  sequence: number;
};

const app = fastify();
app.post('/dev/token', (request) => issuer.issue(request.body as Parameters<DevIssuer['issue']>[0]));
app.post('/command', async (request, reply) => {
  const caller = await admitted(request);
  const { caseId, text } = request.body as { caseId: string; text: string };
  const id = newId();
  const event = {
    ...{ id, type: 'ReferralSent', schemaVersion: 1, occurredAt: new Date().toISOString() },
    actor: { agency: caller.agency, subject: caller.subject, role: caller.roles[0]! },
    ...{ caseId, correlationId: id, causationId: id, data: { at: new Date().toISOString(), caseId } },
    sealed: await sealer.seal(caseId, id, { 'texts-health': { reason: text } }),
  };
  insert(`health/referral-${id}`, event);
  return reply.status(201).send(event);
});
app.get('/page', async (request) => {
  await admitted(request);
  const { limit } = request.query as { limit: string };
  const rows = page.all(Math.max(0, position - Number(limit)), Number(limit)) as Record<string, string>[];
  return { items: rows.map(({ stream, recorded_at: at, body }) => ({ stream, at, ...(JSON.parse(body!) as object) })) };
});
process.stdout.write(`ready at ${await app.listen({ port: 0, host: '127.0.0.1' })}\n`);
process.on('SIGTERM', () => process.exit(0));

async function admitted(request: FastifyRequest): Promise<Caller> {
  const caller = await tokens.verify(request.headers.authorization);
  if (!policies.permits(caller, 'list-referrals', { type: 'Desk', sector: 'health' })) throw new Error('not permitted');
  return caller;
}

function insert(stream: string, event: { readonly id: string; readonly caseId: string }): void {
  inserts.begin.run();
  const recordedAt = new Date().toISOString();
  inserts.event.run(++position, stream, 1, null, ++sequence, recordedAt, event.caseId, JSON.stringify(event));
  inserts.command.run(event.id, event.id, JSON.stringify([{ stream, version: 1 }]));
  inserts.commit.run();
}
