import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findSectors, servicesFolder } from '@ihala/standalone';
import { type Client, eventually } from './client.js';
import { aminata, auditorOfCndp, fatima, hassan, karim } from './people.js';
import { consented, opened } from './stories.js';
import { newFolder, World } from './world.js';

const here = join(import.meta.dirname, 'fifth-sector');

describe('a fifth sector, in a folder of its own', () => {
  let world: World;
  let oim: Client;
  let entraide: Client;
  let auditor: Client;
  beforeAll(async () => {
    world = await World.start(newFolder(), {}, [servicesFolder, here]);
    [oim, entraide, auditor] = (await Promise.all([karim, hassan, auditorOfCndp].map((one) => world.as(one)))) as [
      Client,
      Client,
      Client,
    ];
  });
  afterAll(() => world.stop());

  async function sent() {
    const caseId = await opened(oim, aminata);
    const consentId = await consented(oim, caseId, 'entraide-nationale', { dataClasses: ['identity', 'family'] });
    const terms = { caseId, consentId, service: 'shelter', receiver: 'entraide-nationale', urgency: 'urgent' };
    const answer = await oim.post('/v1/housing/referrals', { ...terms, reason: 'Sleeps at the station.' });
    expect(answer.outcome).toBe('201');
    return { caseId, path: `/v1/housing/referrals/${answer.id}`, person: answer.body['person'] };
  }

  it('is offered beside the others, and described', async () => {
    const services = await entraide.get('/v1/housing/services', { 'accept-language': 'ar' });
    expect(services.items).toMatchObject([{ code: 'shelter', title: 'إيواء', steps: ['room'] }]);
    const { paths } = (await world.anybody.get('/v1/openapi.json')).body as { paths: Record<string, object> };
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/v1/housing/referrals', '/v1/health/referrals']));
    const operations = Object.values(paths).flatMap((path) => Object.values(path) as { operationId: string }[]);
    const names = operations.map(({ operationId }) => operationId);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('plays a referral to its review, with what it needs, its words sealed', async () => {
    const { caseId, path, person } = await sent();
    expect(person).toMatchObject({ givenName: 'Aminata', household: { adults: 1 } });
    expect(person).not.toHaveProperty('phone');
    const told: (readonly [Client, string, object, string])[] = [
      [entraide, 'acceptance', { note: 'Ring twice.' }, '200'],
      [entraide, 'start', {}, '200'],
      [entraide, 'completion', { outcome: 'housed' }, '409 housing.room-missing'],
      [entraide, 'steps/room', { address: '12, rue de Fès', until: '2026-12-15' }, '400 request.invalid'],
      [entraide, 'steps/room', { address: '12, rue de Fès', household: 'Two beds.', until: '2026-12-15' }, '200'],
      [entraide, 'suggestion', { sector: 'housing', service: 'shelter', note: 'Then a flat.' }, '200'],
      [entraide, 'suggestion', { sector: 'moon', service: 'shelter' }, '400 request.invalid'],
      [entraide, 'completion', { outcome: 'housed' }, '200'],
      [oim, 'review', { satisfied: true }, '200'],
    ];
    for (const [by, action, body, outcome] of told) {
      expect([action, (await by.post(`${path}/${action}`, body)).outcome]).toEqual([action, outcome]);
    }
    expect((await oim.get(path)).body).toMatchObject({ status: 'closed', reason: 'Sleeps at the station.' });

    await eventually(async () => {
      const timeline = await oim.get(`/v1/cases/${caseId}/timeline`);
      expect(timeline.items.at(-1)).toMatchObject({ source: 'housing', type: 'ReferralReviewed' });
    });
    const log = await eventually(async () => {
      const answer = await auditor.get(`/v1/audit/events?caseId=${caseId}&source=housing&limit=200`);
      expect(answer.items).toHaveLength(7);
      return answer;
    });
    expect(log.items[3]).toMatchObject({
      type: 'StepRecorded',
      data: { step: 'room', fields: { until: '2026-12-15' } },
      sealed: [{ class: 'family' }, { class: 'texts-housing' }],
    });
    const bytes = readFileSync(join(world.folder, 'housing.sqlite-wal'));
    for (const words of ['rue de Fès', 'Two beds.', 'Ring twice.', 'station', 'Then a flat.', 'Aminata']) {
      expect([words, log.text.includes(words) || bytes.includes(words)]).toEqual([words, false]);
    }
    expect(bytes.includes('2026-12-15')).toBe(true);
  });

  it('shows what the receiver found to the receiver while it is open, and its words to both', async () => {
    const { path } = await sent();
    const room = { address: '12, rue de Fès', household: 'Two beds.', until: '2026-12-15' };
    await entraide.post(`${path}/acceptance`);
    await entraide.post(`${path}/steps/room`, room);
    const fields = async (by: Client) => (await by.get(`${path}/events`)).items.at(-1)!['fields'];
    expect(await fields(entraide)).toEqual(room);
    expect(await fields(oim)).toEqual({ address: room.address, until: room.until });
    await entraide.post(`${path}/completion`, { outcome: 'housed' });
    const afterwards = (await entraide.get(`${path}/events`)).items.find(({ type }) => type === 'StepRecorded')!;
    expect(afterwards).not.toHaveProperty('fields');
  });

  it('says its own refusals in the language asked for, and is suggested by the other sectors', async () => {
    const { path } = await sent();
    await entraide.post(`${path}/acceptance`);
    await entraide.post(`${path}/start`);
    const refused = await entraide.post(`${path}/completion`, { outcome: 'housed' }, { 'accept-language': 'en' });
    expect(refused.body).toMatchObject({ title: 'Room missing', code: 'housing.room-missing' });
    const caseId = await opened(await world.as(fatima), aminata);
    const consentId = await consented(await world.as(fatima), caseId, 'oim');
    const terms = { caseId, consentId, service: 'vaccination', receiver: 'oim', urgency: 'routine', reason: 'Due.' };
    const { id } = await (await world.as(fatima)).post('/v1/health/referrals', terms);
    const suggestion = { sector: 'housing', service: 'shelter' };
    expect((await oim.post(`/v1/health/referrals/${id}/suggestion`, suggestion)).outcome).toBe('200');
  });
});

describe('a folder that is not what it says', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ihala-sectors-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is refused at start when it offers another sector’s catalogue, and passed over when it is no sector', async () => {
    cpSync(join(here, 'housing'), join(folder, 'lodging'), { recursive: true });
    const module = `export const catalogue = { sector: 'housing', services: {} };`;
    writeFileSync(join(folder, 'lodging/src/lodging.module.ts'), module);
    await expect(findSectors([folder])).rejects.toThrow('offers no catalogue of the sector "lodging"');
    writeFileSync(join(folder, 'lodging/package.json'), '{ "nx": { "tags": ["type:service"] } }');
    expect(await findSectors([folder])).toEqual([]);
    writeFileSync(join(folder, 'notes'), 'no folder at all');
    expect(await findSectors([folder])).toEqual([]);
  });

  it('is refused when its paths are another service’s', async () => {
    const data = newFolder();
    await expect(World.start(data, {}, [here, here])).rejects.toThrow('two services would answer under /v1/housing');
    rmSync(data, { recursive: true });
  });
});
