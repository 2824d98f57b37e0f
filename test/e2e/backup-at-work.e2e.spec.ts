import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, it, jest, afterEach } from '@jest/globals';
import { type Client, eventually } from './client.js';
import { auditorOfCndp, fatima, nadia } from './people.js';
import { program } from './program.js';
import { build, ServerProcess } from './server-process.js';
import { move, opened, sent } from './stories.js';
import { newFolder } from './world.js';

// each look is a program of its own, and a build comes first
jest.setTimeout(120_000);
beforeAll(build);

const ended: (() => Promise<unknown>)[] = [];
const endAll = async () => {
  for (const end of ended.splice(0).reverse()) await end();
};
function folder(): string {
  const made = newFolder();
  ended.push(async () => rmSync(made, { recursive: true, force: true }));
  return made;
}
async function start(data: string): Promise<ServerProcess> {
  const server = await ServerProcess.start(data, 'error', { IHALA_RATE_LIMIT: '0' });
  ended.push(() => server.end('SIGKILL'));
  return server;
}
interface Acknowledged {
  readonly key: string;
  readonly caseId: string;
  readonly version: number;
}

/** Work without end in all services, until it is told to stop; says what was acknowledged. */
function load(by: Client, by2: Client) {
  const acknowledged: Acknowledged[] = [];
  let on = true;
  const takeNotes = async (writer: number) => {
    const caseId = await opened(by);
    for (let n = 0; on; n += 1) {
      const key = `${writer}-${n}`;
      const answer = await by.post(`/v1/cases/${caseId}/notes`, { text: key }, { 'idempotency-key': key });
      acknowledged.push({ key, caseId, version: answer.body['version'] as number });
    }
  };
  const refer = async () => {
    while (on) {
      const { referralId } = await sent(by);
      await move(by2, referralId, 'acknowledgement');
    }
  };
  const working = Promise.all([takeNotes(1), takeNotes(2), takeNotes(3), refer(), refer()]);
  return {
    acknowledged,
    stop: () => {
      on = false;
      return working;
    },
  };
}

describe('a backup of an Ihala at work', () => {
  afterEach(endAll);

  it('holds all that was acknowledged when it began, and starts elsewhere as if nothing had been', async () => {
    const [data, backups] = [folder(), folder()];
    const server = await start(data);
    const work = load(await server.as(fatima), await server.as(nadia));
    const taken: { to: string; before: readonly Acknowledged[] }[] = [];
    for (const name of ['first', 'second', 'third']) {
      const known = work.acknowledged.length;
      while (work.acknowledged.length < known + 30) await new Promise((resolve) => setTimeout(resolve, 5));
      const before = [...work.acknowledged];
      const to = join(backups, name);
      expect(await program('backup', to, '--data', data)).toMatchObject({ code: 0, err: '' });
      taken.push({ to, before });
    }
    await work.stop();
    await server.end('SIGTERM');
    for (const { to, before } of taken) {
      const restored = join(folder(), 'data');
      expect(await program('restore', to, '--to', restored)).toMatchObject({ code: 0, err: '' });
      for (const service of services) {
        const events = rows(restored, service, 'SELECT * FROM events ORDER BY position');
        const all = rows(data, service, 'SELECT * FROM events ORDER BY position');
        expect(events.length).toBeGreaterThan(0);
        expect(events).toEqual(all.slice(0, events.length));
      }
      copyFileSync(join(data, 'kek'), join(restored, 'kek'));
      await holds(await start(restored), before);
      await viewsAreAsBuiltAnew(restored);
    }
  });
});

async function holds(server: ServerProcess, before: readonly Acknowledged[]): Promise<void> {
  const by = await server.as(fatima);
  for (const { key, caseId, version } of before) {
    const again = await by.post(`/v1/cases/${caseId}/notes`, { text: key }, { 'idempotency-key': key });
    expect([again.outcome, again.replayed, again.body['version']]).toEqual(['200', true, version]);
  }
  // every event has the keys it was sealed with
  for (const caseId of new Set(before.map((note) => note.caseId))) {
    expect((await by.get(`/v1/cases/${caseId}`)).body).toMatchObject({ person: { givenName: 'Aminata' } });
  }
  // and new work reaches all: a source that gave numbers out a second time would be left alone from now on
  const { caseId, referralId } = await sent(by);
  await eventually(async () => {
    expect((await server.anybody.get('/readyz')).status).toBe(200);
    const { text } = await server.anybody.get('/metrics');
    expect(text).toMatch(/ihala_source_forked\{service="cases",source="health"\} 0/);
    expect(text).not.toMatch(/ihala_source_forked\{[^}]*\} 1/);
    const { items } = await by.get(`/v1/cases/${caseId}/timeline`);
    expect(items.map(({ type }) => type)).toEqual(['CaseOpened', 'ConsentRecorded', 'ReferralSent']);
    expect((await by.get('/v1/health/referrals?direction=outgoing&limit=1')).items[0]!['id']).toBe(referralId);
    const auditor = await server.as(auditorOfCndp);
    expect((await auditor.get(`/v1/audit/cases/${caseId}/history`)).body).toMatchObject({
      referrals: [{ id: referralId }],
    });
  });
  await quiet(server);
  expect(Buffer.concat(server.output).toString()).not.toContain('following failed');
  await server.end('SIGTERM');
}

/** Nothing is left to copy, to fold or to react to. */
const quiet = (server: ServerProcess) =>
  eventually(async () => {
    const { text } = await server.anybody.get('/metrics');
    expect(text).toContain('ihala_reaction_behind_positions{service="health"');
    expect(text).not.toMatch(/^ihala_\w+_behind_\w+\{[^}]*\} [1-9]/m);
  }, 20_000);

/** What its views show is what a start folds that finds none. */
async function viewsAreAsBuiltAnew(folder: string): Promise<void> {
  const kept = services.map((service) => views(folder, service));
  for (const service of services) {
    const db = new DatabaseSync(join(folder, `${service}.sqlite`));
    for (const name of tables(db)) db.exec(`DROP TABLE "${name}"`);
    db.close();
  }
  const server = await start(folder);
  await quiet(server);
  await server.end('SIGTERM');
  expect(services.map((service) => views(folder, service))).toEqual(kept);
  expect(kept.flat().length).toBeGreaterThan(0);
}

const services = ['cases', 'education', 'employment', 'health', 'voluntary-return', 'audit'];

function rows(folder: string, service: string, sql: string): readonly object[] {
  const db = new DatabaseSync(join(folder, `${service}.sqlite`), { readOnly: true });
  try {
    return db.prepare(sql).all();
  } finally {
    db.close();
  }
}

const tables = (db: DatabaseSync): readonly string[] =>
  (
    db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'view:%' ORDER BY name`).all() as {
      name: string;
    }[]
  ).map(({ name }) => name);

function views(folder: string, service: string): readonly object[] {
  const db = new DatabaseSync(join(folder, `${service}.sqlite`), { readOnly: true });
  const shown = tables(db).map((name) => ({
    name,
    docs: rows(folder, service, `SELECT id, doc FROM "${name}" ORDER BY id`),
  }));
  db.close();
  return shown.filter(({ docs }) => docs.length > 0);
}
