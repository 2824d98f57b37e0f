import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Client, eventually } from './client.js';
import { fatima, karim, nadia, of, salma } from './people.js';
import { consented, handedOver, move, offered, referred, sent } from './stories.js';
import type { Installation } from './world.js';

/** What moves with a case, through HTTP alone. */
export function custody(start: () => Promise<Installation>): void {
  let world: Installation;
  let entraide: Client;
  let oim: Client;
  let hcr: Client;
  let sante: Client;
  beforeAll(async () => {
    world = await start();
    [entraide, oim, hcr, sante] = (await Promise.all(
      [fatima, karim, salma, nadia].map((employee) => world.as(employee)),
    )) as [Client, Client, Client, Client];
  });
  afterAll(() => world.stop());

  const path = (referralId: string) => `/v1/health/referrals/${referralId}`;
  const isWith = (by: Client, sender: string, referralId: string) =>
    eventually(async () => {
      const answer = await by.get(path(referralId));
      expect(answer.body).toMatchObject({ sender });
      return answer;
    });

  it('open referrals follow the case when the custody consent names all that they share', async () => {
    const { caseId, referralId } = await sent(entraide);
    const narrow = await referred(
      entraide,
      caseId,
      await consented(entraide, caseId, 'sante', { dataClasses: ['identity'] }),
    );
    const declined = await referred(entraide, caseId, await consented(entraide, caseId, 'sante'));
    await move(sante, declined, 'refusal', { reason: 'duplicate' });
    await handedOver(entraide, oim, caseId, 'oim', ['identity', 'protection', 'status']);
    for (const id of [referralId, narrow]) {
      const seen = await isWith(oim, 'oim', id);
      expect(seen.body).toMatchObject({ person: { givenName: 'Aminata' }, reason: 'Sixth month, no check-up so far.' });
      expect(seen.actions).toContain('cancellation-request');
      expect((await entraide.get(path(id))).outcome).toBe('404 referral.not-found');
      expect((await move(entraide, id, 'cancellation-request', { reason: 'x' })).outcome).toBe(
        '404 referral.not-found',
      );
    }
    expect((await entraide.get(path(declined))).body).toMatchObject({
      sender: 'entraide-nationale',
      status: 'declined',
    });

    await move(sante, referralId, 'information-request', { about: 'place', question: 'Where does she live now?' });
    const informed = await move(oim, referralId, 'information', { answer: 'In Rabat.' });
    expect(informed.body['status']).toBe('acknowledged');
    const lists = await eventually(async () => {
      const outgoing = async (by: Client) =>
        (await by.get(`/v1/health/referrals?direction=outgoing&caseId=${caseId}`)).items;
      const [theirs, ours] = [await outgoing(oim), await outgoing(entraide)];
      expect(theirs).toHaveLength(2);
      return [theirs, ours].map((items) => items.map(({ id }) => id as string).toSorted());
    });
    expect(lists).toEqual([[referralId, narrow].toSorted(), [declined]]);
  });

  it('a referral that shares more stays with its sender until it is over', async () => {
    const { caseId, referralId } = await sent(entraide);
    await handedOver(entraide, oim, caseId, 'oim', ['identity']);
    await world.settled();
    await move(sante, referralId, 'acceptance');
    await oim.post(`/v1/cases/${caseId}/corrections`, { person: { alias: 'Mina' }, reason: 'Told us.' });
    await world.settled();
    const seen = await isWith(entraide, 'entraide-nationale', referralId);
    expect(seen.body).toMatchObject({ status: 'accepted', person: { givenName: 'Aminata' } });
    // What the new custodian records is not the old one's to know; the receiver, who was allowed identity, sees it.
    expect(seen.text).not.toContain('Mina');
    expect((await sante.get(path(referralId))).body).toMatchObject({ person: { alias: 'Mina' } });
    expect((await oim.get(path(referralId))).outcome).toBe('404 referral.not-found');
    await handedOver(oim, hcr, caseId, 'hcr', ['identity', 'protection']);
    await world.settled();
    expect((await move(sante, referralId, 'start')).body).toMatchObject({ sender: 'entraide-nationale' });
    expect((await hcr.get(path(referralId))).outcome).toBe('404 referral.not-found');
  });

  it('a suspended referral follows too: who stopped is told to who answers for the person now', async () => {
    const { caseId, consentId, referralId } = await sent(entraide);
    await entraide.post(`/v1/cases/${caseId}/consents/${consentId}/withdrawal`);
    await handedOver(entraide, oim, caseId, 'oim', ['identity', 'protection']);
    const seen = await isWith(oim, 'oim', referralId);
    expect(seen.body).toMatchObject({ status: 'suspended' });
    const consent = await oim.get(`/v1/cases/${caseId}/consents/${consentId}`);
    expect(consent.body['awaitingSharingStop']).toMatchObject([{ referralId }]);
  });

  it('referrals go to the unit that the case goes to, and move on with it', async () => {
    const rabat = await world.as(of(karim, 'oim/rabat'));
    const casablanca = await world.as(of(karim, 'oim/casablanca'));
    const { caseId, referralId } = await sent(entraide);
    const classes = ['identity', 'protection'];
    const transferId = await offered(entraide, caseId, 'oim', classes, { unit: 'oim/rabat' });
    expect((await rabat.post(`/v1/cases/${caseId}/transfers/${transferId}/acceptance`)).outcome).toBe('200');
    expect((await isWith(rabat, 'oim', referralId)).body).toMatchObject({ senderUnit: 'oim/rabat' });
    expect((await casablanca.get(path(referralId))).outcome).toBe('404 referral.not-found');
    await handedOver(rabat, hcr, caseId, 'hcr', classes);
    const seen = await isWith(hcr, 'hcr', referralId);
    expect(seen.body).not.toHaveProperty('senderUnit');
    const events = (await hcr.get(`${path(referralId)}/events`)).items;
    expect(events.filter(({ type }) => type === 'SenderChanged').map(({ sender }) => sender)).toEqual(['oim', 'hcr']);
  });

  it('custody that is offered, refused or taken back moves nothing', async () => {
    const { caseId, referralId } = await sent(entraide);
    const transferId = await offered(entraide, caseId, 'oim', ['identity', 'protection']);
    await oim.post(`/v1/cases/${caseId}/transfers/${transferId}/refusal`, { reason: 'no-capacity' });
    await world.settled();
    expect((await entraide.get(path(referralId))).body).toMatchObject({ sender: 'entraide-nationale', version: 1 });
  });
}
