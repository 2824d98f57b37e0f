import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { broken } from './broken.js';
import { eventually } from './client.js';
import { oldFolder, referralId as oldReferralId } from './old-folder.js';
import { aminata, fatima, nadia } from './people.js';
import { program } from './program.js';
import { build, ServerProcess } from './server-process.js';
import { consented, move, opened, sent } from './stories.js';
import { withdrawnUnreadably } from './unreadable.js';
import { newFolder, World } from './world.js';

// each look is a program of its own, and a build comes first
jest.setTimeout(120_000);

const sectors = ['education', 'employment', 'health', 'voluntary-return'];
const data = newFolder();
let server: ServerProcess;
let story: { caseId: string; consentId: string; referralId: string };
/** between the sending and the acceptance */
let meanwhile: string;

beforeAll(async () => {
  build();
  server = await ServerProcess.start(data, 'error');
  const by = await server.as(fatima);
  story = await sent(by);
  await by.post(`/v1/cases/${story.caseId}/notes`, { text: 'She was glad.' });
  await new Promise((resolve) => setTimeout(resolve, 20));
  meanwhile = new Date().toISOString();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await move(await server.as(nadia), story.referralId, 'acceptance', { note: 'Come on Monday.' });
  await by.post(`/v1/cases/${story.caseId}/corrections`, { person: { phone: '+212600000009' }, reason: 'new number' });
  await eventually(async () => {
    expect(JSON.stringify(await look('sources'))).not.toMatch(/"behind":[1-9]/);
    expect(JSON.stringify(await look('views'))).not.toMatch(/"behind":[1-9]/);
  });
});
afterAll(async () => {
  await server.end('SIGTERM');
  rmSync(data, { recursive: true, force: true });
});

const inspect = (...parameters: string[]) => program('inspect', ...parameters, '--data', data);
async function look(...parameters: string[]): Promise<unknown> {
  const { code, out, err } = await inspect(...parameters, '--json');
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out);
}

describe('looking for what is stuck', () => {
  let world: World;
  let caseId: string;
  beforeAll(async () => {
    world = await World.start();
    const by = await world.as(fatima);
    caseId = await opened(by);
    await withdrawnUnreadably(world.service('cases').store.log, caseId);
  });
  afterAll(() => world.stop());
  const found = async (what: string) => {
    const { code, out, err } = await program('inspect', what, '--data', world.folder, '--json');
    expect([code, err]).toEqual([0, '']);
    return JSON.parse(out) as Record<string, unknown>[];
  };

  it('shows what was left to an operator, and of which reaction', async () => {
    await eventually(async () => {
      expect(await found('parked')).toEqual(
        sectors.map((service) => ({
          service,
          parkedAt: expect.any(String),
          code: 'event.unreadable',
          reaction: 'referral-follow-ups',
          occasion: 'ConsentWithdrawn',
          target: `cases/case-${caseId}`,
          attempts: 1,
          id: expect.any(String),
        })),
      );
      const rows = await found('reactions');
      const { checkpoint, ...row } = rows.find(({ service }) => service === 'health')!;
      expect(row).toEqual({ service: 'health', reaction: 'referral-follow-ups', behind: 0, parked: 1 });
      expect(checkpoint).toBeGreaterThan(0);
      expect(rows.find(({ service }) => service === 'cases')).toMatchObject({ behind: 0, parked: 0 });
    }, 20_000);
  });

  it('shows what a timer waits for, and that it is late, but for what it left', async () => {
    const by = await world.as(fatima);
    const row = { service: 'cases', timer: 'consent-expiry', parked: 0 };
    expect(await found('timers')).toEqual([{ ...row, lateSeconds: 0 }]);
    const mend = broken(world.folder, 'cases', 'events', `WHEN NEW.body LIKE '%"ConsentExpired"%'`);
    const stuck = broken(world.folder, 'cases', 'parked');
    const next = new Date(Date.now() + 300).toISOString();
    await consented(by, caseId, 'sante', { expiresAt: next });
    await eventually(async () => {
      const [timer] = await found('timers');
      expect(timer).toEqual({ ...row, next, lateSeconds: expect.any(Number) });
      expect(timer!['lateSeconds']).toBeGreaterThan(0);
    }, 20_000);
    stuck();
    await eventually(async () => {
      expect(await found('timers')).toEqual([{ ...row, lateSeconds: 0, parked: 1 }]);
    }, 20_000);
    mend();
  });
});

describe('looking into the data of an Ihala that serves', () => {
  it('shows a case as it is and as it was', async () => {
    const { facts, events } = (await look('case', story.caseId)) as { facts: object; events: { type: string }[] };
    expect(facts).toMatchObject({ status: 'open', version: 4, custody: { agency: 'entraide-nationale' } });
    expect(events.map(({ type }) => type)).toEqual(['CaseOpened', 'ConsentRecorded', 'NoteAdded', 'CaseCorrected']);
    expect(await look('case', story.caseId, '--as-of', meanwhile)).toMatchObject({ facts: { version: 3 } });
    expect(await inspect('case', story.caseId, '--as-of', '2020-01-01T00:00:00Z')).toMatchObject({
      code: 1,
      err: `no case ${story.caseId} at 2020-01-01T00:00:00.000Z\n`,
    });
  });

  it('shows a referral as it is and as it was', async () => {
    expect(await look('referral', story.referralId)).toMatchObject({ facts: { status: 'accepted', sector: 'health' } });
    const earlier = await look('referral', story.referralId, '--as-of', meanwhile);
    expect(earlier).toMatchObject({ facts: { status: 'sent' }, events: [{ type: 'ReferralSent' }] });
    expect(await inspect('referral', story.caseId)).toMatchObject({ code: 1 });
  });

  it('lists streams where they were written', async () => {
    expect(await look('streams')).toEqual([
      expect.objectContaining({ stream: `cases/case-${story.caseId}`, version: 4 }),
      expect.objectContaining({ stream: expect.stringMatching(/^cases\/reference-IH-/) }),
      expect.objectContaining({ stream: `health/referral-${story.referralId}`, version: 2 }),
    ]);
    expect(await look('streams', '--prefix', 'health/referral-')).toHaveLength(1);
    expect(await look('streams', '--prefix', 'heal')).toHaveLength(1);
    expect(await look('streams', '--limit', '2')).toHaveLength(2);
    expect(await look('streams', '--prefix', 'health/case-')).toEqual([]);
  });

  it('tells what services heard of each other, and how far views are', async () => {
    const sources = (await look('sources')) as { service: string; source: string; heard: number }[];
    expect(sources).toContainEqual(expect.objectContaining({ service: 'audit', source: 'cases', heard: 5, behind: 0 }));
    expect(sources.map(({ service, source }) => `${service} ← ${source}`)).toEqual([
      'audit ← cases',
      'audit ← health',
      'cases ← health',
      ...sectors.map((sector) => `${sector} ← cases`),
    ]);
    expect(await look('views')).toContainEqual({ service: 'health', view: 'referrals', checkpoint: 7, behind: 0 });
  });

  it('shows the same as tables', async () => {
    expect((await inspect('referral', story.referralId)).out).toMatch(
      /^id +\S+\n[^]*\nversion +recordedAt +type +by\n1 /,
    );
    expect((await inspect('streams', '--prefix', 'audit/')).out).toBe('none\n');
  });

  it('never shows what is sealed', async () => {
    const all = await Promise.all([
      ...['streams', 'sources', 'views', 'reactions', 'timers', 'parked'].map((what) => inspect(what)),
      inspect('case', story.caseId),
      inspect('referral', story.referralId),
    ]);
    for (const { code, out } of all) {
      expect(code).toBe(0);
      for (const word of [
        ...Object.values(aminata.person)
          .flat()
          .filter((word) => word !== 'fr'),
        'Oujda',
        'glad',
        'Monday',
        'check-up',
        'maternal',
      ])
        expect(out).not.toContain(String(word));
    }
  });

  it('leaves the server at work', async () => {
    expect((await (await server.as(fatima)).get(`/v1/cases/${story.caseId}`)).status).toBe(200);
    expect((await (await server.as(fatima)).post(`/v1/cases/${story.caseId}/notes`, { text: 'x' })).status).toBe(200);
  });

  it('shows what a folder of an earlier version has', async () => {
    const old = oldFolder();
    const counts: Record<string, number> = { streams: 5, sources: 4, views: 4, reactions: 0, timers: 1, parked: 0 };
    for (const what of Object.keys(counts)) {
      const { code, out, err } = await program('inspect', what, '--data', old, '--json');
      expect([code, err]).toEqual([0, '']);
      expect(JSON.parse(out)).toHaveLength(counts[what]!);
    }
    expect(await program('inspect', 'referral', oldReferralId, '--data', old)).toMatchObject({ code: 0 });
    rmSync(old, { recursive: true });
  });

  it('explains itself, and says what was wrong with the call', async () => {
    for (const what of ['', 'case', 'streams', 'sources'].map((name) => [name, '--help'].filter(Boolean))) {
      expect(await program('inspect', ...what)).toMatchObject({
        code: 0,
        out: expect.stringContaining('npm run inspect --'),
      });
    }
    const wrong = [[], ['nothing'], ['case'], ['case', 'a', 'b'], ['views', 'a'], ['streams', '--limit', '0']];
    for (const call of [...wrong, ['case', 'a', '--as-of', 'yesterday']]) {
      expect(await inspect(...call)).toMatchObject({ code: 2, err: expect.stringContaining('npm run inspect --') });
    }
    expect(await program('inspect', 'views', '--data', '/nowhere')).toMatchObject({
      code: 1,
      err: '/nowhere is no data folder of Ihala\n',
    });
  });
});
