import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, type Client, eventually } from './client.js';
import { bouchra, fatima, karim, nadia, salma, youssef } from './people.js';
import { consented, handedOver, opened } from './stories.js';
import { World } from './world.js';

/** What follows from the case is the same in every sector. */
const sectors = [
  { sector: 'education', service: 'school-enrolment', receiver: bouchra, asks: ['identity'] },
  { sector: 'health', service: 'primary-care', receiver: nadia, asks: ['identity'] },
  { sector: 'employment', service: 'job-search', receiver: youssef, asks: ['identity', 'contact', 'status'] },
  { sector: 'voluntary-return', service: 'assisted-return', receiver: karim, asks: ['identity', 'contact', 'status'] },
];

let world: World;
let entraide: Client;
let hcr: Client;
beforeAll(async () => {
  world = await World.start();
  [entraide, hcr] = (await Promise.all([world.as(fatima), world.as(salma)])) as [Client, Client];
});
afterAll(() => world.stop());

describe.each(sectors)('in $sector', ({ sector, service, receiver, asks }) => {
  const path = (id: string) => `/v1/${sector}/referrals/${id}`;
  const reads = (by: Client, id: string, expected: object): Promise<Answer> =>
    eventually(async () => {
      const answer = await by.get(path(id));
      expect(answer.body).toMatchObject(expected);
      return answer;
    });
  /** A referral that its receiver has accepted. */
  const accepted = async () => {
    const provider = await world.as(receiver);
    const caseId = await opened(entraide);
    const consentId = await consented(entraide, caseId, receiver.agency, { dataClasses: asks });
    const terms = { caseId, consentId, service, receiver: receiver.agency, urgency: 'routine', reason: 'Asks for it.' };
    const { id } = await entraide.post(`/v1/${sector}/referrals`, terms);
    expect((await provider.post(`${path(id)}/acceptance`)).body).toMatchObject({ person: { givenName: 'Aminata' } });
    return { provider, caseId, consentId, id };
  };

  it('a consent taken back suspends, and the receiver confirms that it stopped', async () => {
    const { provider, caseId, consentId, id } = await accepted();
    await entraide.post(`/v1/cases/${caseId}/consents/${consentId}/withdrawal`);
    const seen = await reads(provider, id, { status: 'suspended', allowedActions: ['sharing-stop'] });
    const events = await provider.get(`${path(id)}/events`);
    expect(`${seen.text}${events.text}`).not.toMatch(/Aminata|Diallo|Asks for it/);
    expect((await provider.post(`${path(id)}/sharing-stop`)).body).toMatchObject({ status: 'cancelled' });
  });

  it('a withdrawal told to the receiver reaches the consent', async () => {
    const { provider, caseId, consentId, id } = await accepted();
    expect((await provider.post(`${path(id)}/consent-withdrawal`)).body).toMatchObject({ status: 'suspended' });
    await eventually(async () => {
      const consent = await entraide.get(`/v1/cases/${caseId}/consents/${consentId}`);
      expect(consent.body).toMatchObject({ status: 'withdrawn' });
    });
  });

  it('an open referral follows the case to its new custodian', async () => {
    const { provider, caseId, id } = await accepted();
    await handedOver(entraide, hcr, caseId, 'hcr', asks);
    await reads(hcr, id, { sender: 'hcr', person: { givenName: 'Aminata' } });
    await reads(provider, id, { sender: 'hcr', person: { givenName: 'Aminata' } });
    expect((await entraide.get(path(id))).outcome).toBe('404 referral.not-found');
  });

  it('a referral that shares more than the new custodian may know stays with its sender', async () => {
    const { provider, caseId, id } = await accepted();
    await handedOver(entraide, hcr, caseId, 'hcr', ['family']);
    await world.service(sector).caughtUp(2000);
    await reads(provider, id, { sender: 'entraide-nationale' });
    expect((await hcr.get(path(id))).outcome).toBe('404 referral.not-found');
  });
});
