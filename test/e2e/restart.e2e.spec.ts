import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, eventually } from './client.js';
import { auditorOfCndp, fatima, hassan, karim, nadia, ousmane, salma } from './people.js';
import { consented, handedOver, move, offered, opened, referred } from './stories.js';
import { build, ServerProcess } from './server-process.js';
import { newFolder } from './world.js';

beforeAll(build, 120_000);

const ended: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});
async function start(folder: string): Promise<ServerProcess> {
  const server = await ServerProcess.start(folder, 'error');
  ended.push(() => server.end('SIGKILL'));
  return server;
}
function dataFolder(): string {
  const folder = newFolder();
  ended.push(async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const databases = (folder: string) =>
  readdirSync(folder).filter((name) => name.endsWith('.sqlite') && name !== 'keyring.sqlite');

/** Every table of every view, as if they had never been. */
function dropViews(folder: string): number {
  let dropped = 0;
  for (const name of databases(folder)) {
    const db = new DatabaseSync(join(folder, name));
    const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'view:%'`).all();
    for (const table of tables) db.exec(`DROP TABLE "${table['name'] as string}"`);
    dropped += tables.length;
    db.close();
  }
  return dropped;
}

describe('a server that is told to stop', () => {
  it('ends within five seconds, with 0, and what it answered is there afterwards', async () => {
    const folder = dataFolder();
    const server = await start(folder);
    const by = await server.as(fatima);
    const caseId = await opened(by);
    const underWay = Promise.allSettled(Array.from({ length: 30 }, () => by.post('/v1/cases', ousmane)));
    await new Promise((resolve) => setTimeout(resolve, 10));
    const asked = Date.now();
    expect(await server.end('SIGTERM')).toBe(0);
    expect(Date.now() - asked).toBeLessThan(5000);
    const answered = (await underWay).flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const again = await start(folder);
    const later = await again.as(fatima);
    for (const id of [caseId, ...answered.filter(({ status }) => status === 201).map(({ id }) => id)]) {
      expect((await later.get(`/v1/cases/${id}`)).outcome).toBe('200');
    }
    await eventually(async () => expect((await again.anybody.get('/readyz')).status).toBe(200));
  }, 30_000);

  it('does so though a client keeps its connection open and another is slow', async () => {
    const folder = dataFolder();
    const server = await start(folder);
    const { connect } = await import('node:net');
    const { port } = new URL(server.anybody.url);
    const sockets = ['', 'POST /v1/cases HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"per'].map((bytes) => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined);
      if (bytes) socket.write(bytes);
      return socket;
    });
    await server.anybody.get('/livez');
    const asked = Date.now();
    expect(await server.end('SIGTERM')).toBe(0);
    expect(Date.now() - asked).toBeLessThan(5000);
    for (const socket of sockets) socket.destroy();
  }, 30_000);
});

describe('views that are lost', () => {
  it('are folded again to the same answers, byte for byte', async () => {
    const folder = dataFolder();
    const server = await start(folder);
    const paths = await told(server);
    await eventually(async () => expect((await server.anybody.get('/readyz')).status).toBe(200));
    const before = await answers(server, paths);
    expect(await server.end('SIGTERM')).toBe(0);
    expect(dropViews(folder)).toBeGreaterThanOrEqual(4);
    const after = await start(folder);
    await eventually(async () => expect((await after.anybody.get('/readyz')).status).toBe(200));
    expect(await answers(after, paths)).toEqual(before);
    expect(before.filter((answer) => answer.startsWith('200')).length).toBeGreaterThan(80);
    // Every sector is found in the built product too.
    expect(before.filter((answer) => /^200 \S+ \S+\/services /.test(answer))).toHaveLength(4 * readers.length);
  }, 60_000);
});

const readers = [fatima, hassan, karim, salma, nadia, auditorOfCndp];

/** A few lives, and every address under which something of them is read. */
async function told(server: ServerProcess): Promise<string[]> {
  const [entraide, oim, hcr, sante] = (await Promise.all(
    [fatima, karim, salma, nadia].map((employee) => server.as(employee)),
  )) as [Client, Client, Client, Client];
  const paths = [
    '/v1/cases',
    '/v1/transfers',
    ...['education', 'health', 'employment', 'voluntary-return'].map((sector) => `/v1/${sector}/services`),
    '/v1/health/referrals',
    '/v1/audit/events?limit=200',
  ];
  for (let round = 0; round < 3; round += 1) {
    const caseId = await opened(entraide);
    const consentId = await consented(entraide, caseId, 'sante');
    const referralId = await referred(entraide, caseId, consentId);
    await move(sante, referralId, 'acceptance', { note: 'Come.' });
    await move(sante, referralId, 'appointment', { at: '2026-12-01T09:00:00Z', place: 'Al Qods' });
    await entraide.post(`/v1/cases/${caseId}/notes`, { text: 'Called.' });
    if (round > 0) await handedOver(entraide, oim, caseId, 'oim');
    const transferId = await offered(round > 0 ? oim : entraide, caseId, 'hcr');
    if (round > 1) await hcr.post(`/v1/cases/${caseId}/transfers/${transferId}/refusal`, { reason: 'not-eligible' });
    paths.push(
      ...['', '/consents', `/consents/${consentId}`, `/transfers/${transferId}`, '/timeline', '/timeline?limit=2'].map(
        (path) => `/v1/cases/${caseId}${path}`,
      ),
      `/v1/health/referrals/${referralId}`,
      `/v1/health/referrals/${referralId}/events`,
      `/v1/health/referrals?caseId=${caseId}`,
    );
  }
  const now = encodeURIComponent(new Date().toISOString());
  const cases = paths.map((path) => /^\/v1\/cases\/([^/]+)$/.exec(path)?.[1]).filter((id) => id !== undefined);
  const { next } = await entraide.get('/v1/health/referrals?limit=2');
  return [
    ...paths,
    ...cases.map((id) => `/v1/audit/cases/${id}/history?asOf=${now}`),
    ...cases.map((id) => `/v1/audit/events?caseId=${id}`),
    '/v1/cases?status=open',
    '/v1/cases?limit=1',
    '/v1/transfers?direction=incoming',
    '/v1/transfers?direction=outgoing&status=proposed',
    '/v1/health/referrals?direction=incoming&status=scheduled',
    '/v1/health/referrals?service=maternal-health',
    `/v1/health/referrals?limit=2&cursor=${encodeURIComponent(next ?? '')}`,
  ];
}

/** All answers to all readers. How far an audit is complete is the one thing that time alone changes. */
async function answers(server: ServerProcess, paths: readonly string[]): Promise<string[]> {
  const readAll = async (employee: (typeof readers)[number]) => {
    const by = await server.as(employee);
    const all = await Promise.all(paths.map((path) => by.get(path)));
    return all.map(({ status, etag, text }, index) => {
      const steady = text.replace(/,"completeUpTo":\{[^}]*\}/, '');
      return `${status} ${employee.sub} ${paths[index]!} ${etag} ${steady}`;
    });
  };
  return (await Promise.all(readers.map(readAll))).flat();
}

describe('a server that is killed', () => {
  it('has every command that it acknowledged, once, and no hole', async () => {
    const folder = dataFolder();
    const acknowledged = new Map<string, { key: string; version: number }[]>();
    for (let life = 0; life < 2; life += 1) {
      const server = await start(folder);
      const by = await server.as(fatima);
      const cases = await Promise.all([1, 2, 3].map(() => opened(by)));
      let alive = true;
      const streams = cases.flatMap((caseId) => {
        acknowledged.set(caseId, []);
        return [1, 2].map(async (writer) => {
          for (let index = 0; alive; index += 1) {
            const key = `${life}-${caseId}-${writer}-${index}`;
            const headers = { 'idempotency-key': key };
            const answer = await by.post(`/v1/cases/${caseId}/notes`, { text: key }, headers).catch(() => undefined);
            if (answer?.status === 200)
              acknowledged.get(caseId)!.push({ key, version: answer.body['version'] as number });
          }
        });
      });
      const count = () => [...acknowledged.values()].flat().length;
      while (count() < 30 * (life + 1)) await new Promise((resolve) => setTimeout(resolve, 2));
      await server.end('SIGKILL');
      alive = false;
      await Promise.all(streams);
    }

    const server = await start(folder);
    const by = await server.as(fatima);
    const auditor = await server.as(auditorOfCndp);
    for (const [caseId, commands] of acknowledged) {
      const { version } = (await by.get(`/v1/cases/${caseId}`)).body as { version: number };
      const repeats = await Promise.all(
        commands.map(({ key }) => by.post(`/v1/cases/${caseId}/notes`, { text: key }, { 'idempotency-key': key })),
      );
      expect(repeats.map(({ outcome, replayed, body }) => [outcome, replayed, body['version']])).toEqual(
        commands.map(({ version: made }) => ['200', true, made]),
      );
      expect((await by.get(`/v1/cases/${caseId}`)).body['version']).toBe(version);
      expect(new Set(commands.map((command) => command.version)).size).toBe(commands.length);
      await eventually(async () => {
        expect(await versionsOf(auditor, caseId)).toEqual(Array.from({ length: version }, (_, index) => index + 1));
      });
    }
  }, 60_000);
});

async function versionsOf(auditor: Client, caseId: string): Promise<number[]> {
  const versions: number[] = [];
  for (let after: string | null = '0'; after !== null;) {
    const page: { items: readonly object[]; next: string | null } = await auditor.get(
      `/v1/audit/events?caseId=${caseId}&limit=200&after=${after}`,
    );
    const ofTheCase = page.items as { stream: string; version: number }[];
    versions.push(...ofTheCase.filter(({ stream }) => stream.startsWith('cases/case-')).map(({ version }) => version));
    after = page.next;
  }
  return versions;
}
