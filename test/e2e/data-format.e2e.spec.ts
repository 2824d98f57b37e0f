import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from './client.js';
import { auditorOfCndp, doctorBennis, fatima, karim, nadia } from './people.js';
import { newFolder, World } from './world.js';

const kept = join(import.meta.dirname, 'data-of-version-1');
/** What was done on that folder before it was put away; the people in it are invented, its key opens nothing else. */
const caseId = '01a20bb2-1ba1-7565-ae9d-8dace64fe7d1';
const referralId = '01a20bb2-1bba-720c-b37c-06e06fe96778';
const transferId = '01a20bb2-1bed-77bb-a4fb-3be91f0605a3';
const closedCaseId = '01a20bb2-1bf4-71e7-9075-093837cb09cb';

/** The data folder as the first version of the format left it. */
function oldFolder(): string {
  const folder = newFolder();
  for (const name of readdirSync(kept).filter((file) => file.endsWith('.gz'))) {
    writeFileSync(join(folder, name.replace('.gz', '')), gunzipSync(readFileSync(join(kept, name))));
  }
  writeFileSync(join(folder, 'kek'), readFileSync(join(kept, 'kek')), { mode: 0o600 });
  return folder;
}

let world: World | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

describe('a data folder of version 1', () => {
  it('opens, and tells its cases, referrals and transfers as they were left', async () => {
    world = await World.start(oldFolder());
    const [entraide, oim, sante, doctor] = await Promise.all(
      [fatima, karim, nadia, doctorBennis].map((employee) => world!.as(employee)),
    );
    expect((await entraide!.get(`/v1/cases/${caseId}`)).body).toMatchObject({
      status: 'open',
      person: { givenName: 'Aminata', dateOfBirth: '1998-04-12' },
      notes: [{ text: 'She was glad.' }],
      transfers: [{ id: transferId, status: 'proposed' }],
    });
    expect((await oim!.get(`/v1/cases/${closedCaseId}`)).body).toMatchObject({ status: 'closed' });
    const seen = (await sante!.get(`/v1/health/referrals/${referralId}`)).body;
    expect(seen).toMatchObject({ status: 'in-service', service: 'maternal-health', person: { givenName: 'Aminata' } });
    const events = (await doctor!.get(`/v1/health/referrals/${referralId}/events`)).items;
    expect(events.at(-1)).toMatchObject({ type: 'StepRecorded', fields: { findings: 'All is well.' } });
    await eventually(async () => {
      const lists = [await entraide!.get('/v1/cases'), await oim!.get('/v1/transfers?direction=incoming')];
      expect(lists.map(({ items }) => items.map(({ id }) => id))).toEqual([[caseId], [transferId]]);
    });
    const auditor = await world.as(auditorOfCndp);
    const history = (await auditor.get(`/v1/audit/cases/${caseId}/history`)).body;
    expect(history).toMatchObject({ referrals: [{ id: referralId, status: 'in-service' }] });
  });

  it('takes new commands, and remembers the old ones', async () => {
    world = await World.start(oldFolder());
    const by = await world.as(karim);
    expect((await by.post(`/v1/cases/${closedCaseId}/reopening`, { reason: 'He came back.' })).outcome).toBe('200');
    const [entraide, headers] = [await world.as(fatima), { 'idempotency-key': 'golden-case' }];
    expect((await entraide.post('/v1/cases', { ...someoneElse }, headers)).outcome).toBe('422 idempotency-key.reused');
  });

  it('is refused once a newer Ihala has changed it, with what to do', async () => {
    const folder = oldFolder();
    const db = new DatabaseSync(join(folder, 'health.sqlite'));
    db.exec('PRAGMA user_version = 99');
    db.close();
    await expect(World.start(folder)).rejects.toThrow(
      /health\.sqlite has version 99, this program knows up to \d+: start the newer Ihala that wrote it, or restore a backup/,
    );
  });
});

const someoneElse = {
  person: { alias: 'Ibou', birthYear: 1999 },
  situation: { legalStatus: 'unknown' },
  reception: { place: 'Oujda', channel: 'walk-in' },
};
