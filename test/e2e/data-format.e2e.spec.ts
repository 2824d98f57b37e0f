import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from './client.js';
import { caseId, closedCaseId, oldFolder, referralId, transferId } from './old-folder.js';
import { auditorOfCndp, doctorBennis, fatima, karim, nadia } from './people.js';
import { World } from './world.js';

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
