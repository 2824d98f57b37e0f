import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, eventually } from './client.js';
import { auditorOfCndp, fatima, karim, nadia, salma } from './people.js';
import { races } from './races.stories.js';
import { consented, handedOver, move, opened, referred, request, sent } from './stories.js';
import { World } from './world.js';

/** Two moves in two services at the same time: each is made before its service has heard of the other. */
let world: World;
let entraide: Client;
let oim: Client;
let hcr: Client;
let sante: Client;
let auditor: Client;
beforeAll(async () => {
  world = await World.start();
  [entraide, oim, hcr, sante, auditor] = (await Promise.all(
    [fatima, karim, salma, nadia, auditorOfCndp].map((employee) => world.as(employee)),
  )) as [Client, Client, Client, Client, Client];
});
afterAll(() => world.stop());

const deaf: (() => void)[] = [];
/** From now on, until `hear`, this service learns nothing of that one. */
async function stopHearing(service: string, source: string): Promise<void> {
  const observer = world.service(service).observers.get(source)!;
  await observer.stop();
  deaf.push(() => observer.start());
}
const hear = () => deaf.splice(0).forEach((start) => start());
/** As soon as somebody wants to know whether it has heard everything. */
function hearWhenAsked(service: string, source: string): void {
  const observer = world.service(service).observers.get(source)!;
  const upTo = observer.upTo.bind(observer);
  observer.upTo = (...asked) => {
    observer.upTo = upTo;
    hear();
    return upTo(...asked);
  };
}
afterEach(hear);

const withdraw = async (caseId: string, consentId: string) =>
  expect((await entraide.post(`/v1/cases/${caseId}/consents/${consentId}/withdrawal`)).outcome).toBe('200');
const becomes = (by: Client, referralId: string, status: string) =>
  eventually(async () => {
    const answer = await by.get(`/v1/health/referrals/${referralId}`);
    expect(answer.body).toMatchObject({ status });
    return answer;
  });
const types = async (caseId: string, ...wanted: string[]) => {
  const { items } = await auditor.get(`/v1/audit/events?caseId=${caseId}&limit=200`);
  return items.map(({ type }) => type as string).filter((type) => wanted.includes(type));
};
const senders = async (by: Client, referralId: string) => {
  const { items } = await by.get(`/v1/health/referrals/${referralId}/events`);
  return items.filter(({ type }) => type === 'SenderChanged').map(({ sender }) => sender);
};
const everything = ['identity', 'protection'];

describe('a withdrawal', () => {
  it('that a sending did not hear of suspends what was sent', async () => {
    const caseId = await opened(entraide);
    const consentId = await consented(entraide, caseId, 'sante');
    await world.service('health').caughtUp(2000);
    await stopHearing('health', 'cases');
    await withdraw(caseId, consentId);
    const referralId = await referred(entraide, caseId, consentId);
    hear();
    const seen = await becomes(sante, referralId, 'suspended');
    expect(seen.text).not.toMatch(/Aminata|check-up/);
  });

  it('that is heard of in the middle of a sending refuses it: no referral slips behind a withdrawal that was told', async () => {
    const caseId = await opened(entraide);
    const consentId = await consented(entraide, caseId, 'sante');
    const { log } = world.service('health').store;
    const append = log.append.bind(log);
    let decided = 0;
    log.append = async (asked) => {
      if ((decided += 1) === 1) {
        await withdraw(caseId, consentId);
        await world.service('health').caughtUp(2000);
      }
      return append(asked);
    };
    const sending = await entraide.post('/v1/health/referrals', request(caseId, consentId));
    log.append = append;
    expect([decided, sending.outcome]).toEqual([1, '409 consent.missing']);
  });

  it('that an acceptance did not hear of suspends what was accepted', async () => {
    const { caseId, consentId, referralId } = await sent(entraide);
    await stopHearing('health', 'cases');
    await withdraw(caseId, consentId);
    expect((await move(sante, referralId, 'acceptance')).body['status']).toBe('accepted');
    hear();
    await becomes(sante, referralId, 'suspended');
  });

  it('that a completion did not hear of leaves what was done', async () => {
    const { caseId, consentId, referralId } = await sent(entraide);
    for (const step of ['acceptance', 'start']) await move(sante, referralId, step);
    await stopHearing('health', 'cases');
    await withdraw(caseId, consentId);
    await move(sante, referralId, 'completion', { outcome: 'served' });
    hear();
    await world.service('health').caughtUp(2000);
    const seen = await becomes(sante, referralId, 'completed');
    expect(seen.text).not.toMatch(/Aminata|check-up/);
    expect((await move(entraide, referralId, 'review', { satisfied: true })).body['status']).toBe('closed');
  });

  it('that was reported elsewhere at the same time is recorded once', async () => {
    const { caseId, consentId, referralId } = await sent(entraide);
    await stopHearing('health', 'cases');
    await stopHearing('cases', 'health');
    await withdraw(caseId, consentId);
    expect((await move(sante, referralId, 'consent-withdrawal')).body['status']).toBe('suspended');
    hear();
    await eventually(async () =>
      expect(await types(caseId, 'ConsentWithdrawn', 'ConsentWithdrawalReported', 'ReferralSuspended')).toHaveLength(3),
    );
    await world.service('cases').caughtUp(2000);
    expect((await types(caseId, 'ConsentWithdrawn', 'ReferralSuspended')).toSorted()).toEqual([
      'ConsentWithdrawn',
      'ReferralSuspended',
    ]);
  });
});

describe('a change of custody', () => {
  it('that a sending did not hear of takes along what was sent', async () => {
    const caseId = await opened(entraide);
    const consentId = await consented(entraide, caseId, 'sante');
    await world.service('health').caughtUp(2000);
    await stopHearing('health', 'cases');
    await handedOver(entraide, oim, caseId, 'oim', everything);
    const referralId = await referred(entraide, caseId, consentId);
    hear();
    await becomes(oim, referralId, 'sent');
    expect((await entraide.get(`/v1/health/referrals/${referralId}`)).outcome).toBe('404 referral.not-found');
  });

  it('that a move of the old sender did not hear of takes along what that made of it', async () => {
    const { caseId, referralId } = await sent(entraide);
    await move(sante, referralId, 'acceptance');
    await stopHearing('health', 'cases');
    await handedOver(entraide, oim, caseId, 'oim', everything);
    await move(entraide, referralId, 'cancellation-request', { reason: 'Moves to Rabat.' });
    hear();
    const seen = await becomes(oim, referralId, 'cancellation-requested');
    expect(seen.body).toMatchObject({ sender: 'oim' });
  });

  it('that follows another one at once takes along what the first one is about to move', async () => {
    const { caseId, referralId } = await sent(entraide);
    await stopHearing('health', 'cases');
    await handedOver(entraide, oim, caseId, 'oim', everything);
    await handedOver(oim, hcr, caseId, 'hcr', everything);
    hear();
    expect((await becomes(hcr, referralId, 'sent')).body).toMatchObject({ sender: 'hcr' });
    for (const former of [entraide, oim]) {
      expect((await former.get(`/v1/health/referrals/${referralId}`)).outcome).toBe('404 referral.not-found');
    }
    expect(await senders(hcr, referralId)).toEqual(['oim', 'hcr']);
  });

  it('that is taken back at once leaves the referral where the case is', async () => {
    const { caseId, referralId } = await sent(entraide);
    await stopHearing('health', 'cases');
    await handedOver(entraide, oim, caseId, 'oim', everything);
    await handedOver(oim, entraide, caseId, 'entraide-nationale', everything);
    hear();
    await world.service('health').caughtUp(2000);
    await eventually(async () => expect(await senders(entraide, referralId)).toEqual(['oim', 'entraide-nationale']));
    expect((await oim.get(`/v1/health/referrals/${referralId}`)).outcome).toBe('404 referral.not-found');
  });
});

describe('a closure', () => {
  it('that a sending did not hear of is undone: nobody is lost behind a closed case', async () => {
    const caseId = await opened(entraide);
    const consentId = await consented(entraide, caseId, 'sante');
    await world.service('health').caughtUp(2000);
    await stopHearing('health', 'cases');
    const closed = await entraide.post(`/v1/cases/${caseId}/closure`, { reason: 'Left.' });
    expect(closed.body['status']).toBe('closed');
    const referralId = await referred(entraide, caseId, consentId);
    hear();
    await eventually(async () =>
      expect((await entraide.get(`/v1/cases/${caseId}`)).body).toMatchObject({ status: 'open' }),
    );
    const { items } = await entraide.get(`/v1/cases/${caseId}/timeline?limit=200`);
    expect(items.at(-1)).toMatchObject({ type: 'CaseReopened', actor: { role: 'system' }, referralId });
    expect((await entraide.post(`/v1/cases/${caseId}/closure`, { reason: 'x' })).outcome).toBe(
      '409 case.has-open-work',
    );
    await move(sante, referralId, 'refusal', { reason: 'duplicate' });
    await eventually(async () =>
      expect((await entraide.post(`/v1/cases/${caseId}/closure`, { reason: 'Left.' })).outcome).toBe('200'),
    );
    expect((await entraide.post('/v1/health/referrals', request(caseId, consentId))).outcome).toBe('409 case.not-open');
    expect(await types(caseId, 'CaseClosed', 'CaseReopened')).toEqual(['CaseClosed', 'CaseReopened', 'CaseClosed']);
  });

  it('that a sending has not heard of yet is what refuses it, though its service is wrong as well', async () => {
    const caseId = await opened(entraide);
    const consentId = await consented(entraide, caseId, 'sante');
    await world.service('health').caughtUp(2000);
    for (const wrong of [{ service: 'dentistry' }, { receiver: 'anapec' }]) {
      await stopHearing('health', 'cases');
      await entraide.post(`/v1/cases/${caseId}/closure`, { reason: 'Left.' });
      hearWhenAsked('health', 'cases');
      const sending = await entraide.post('/v1/health/referrals', request(caseId, consentId, wrong));
      expect(sending.outcome).toBe('409 case.not-open');
      await entraide.post(`/v1/cases/${caseId}/reopening`, { reason: 'Back.' });
      await world.service('health').caughtUp(2000);
    }
  });

  it('that is told of a sending in the middle, after it looked for open referrals, is undone too', async () => {
    const caseId = await opened(entraide);
    const consentId = await consented(entraide, caseId, 'sante');
    await world.service('health').caughtUp(2000);
    const { log } = world.service('cases').store;
    const append = log.append.bind(log);
    let referralId: string | undefined;
    log.append = async (asked) => {
      log.append = append;
      referralId = await referred(entraide, caseId, consentId);
      await world.service('cases').caughtUp(2000);
      return append(asked);
    };
    const closing = await entraide.post(`/v1/cases/${caseId}/closure`, { reason: 'Left.' });
    expect(closing.body['status']).toBe('closed');
    await eventually(async () =>
      expect((await entraide.get(`/v1/cases/${caseId}`)).body).toMatchObject({ status: 'open' }),
    );
    const { items } = await entraide.get(`/v1/cases/${caseId}/timeline?limit=200`);
    const told = items.slice(2).map(({ type, referralId }) => [type, referralId]);
    expect(told).toEqual([
      ['ReferralSent', referralId],
      ['CaseClosed', undefined],
      ['CaseReopened', referralId],
    ]);
  });
});

races(() => World.start());
