import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { consents } from './consents.stories.js';
import { fatima, nadia } from './people.js';
import { move, referred, sent } from './stories.js';
import { World } from './world.js';

consents(() => World.start());

const personal = /Aminata|Diallo|1998-04-12|check-up|pregnant|maternal/;

describe('a consent taken back, where all services are one process', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.stop());

  it('has reached every receiver when it is answered: none is shown anything or acts on it after that', async () => {
    const [entraide, sante] = [await world.as(fatima), await world.as(nadia)];
    const referral = (id: string) => sante.get(`/v1/health/referrals/${id}`);
    for (let round = 0; round < 8; round += 1) {
      const { caseId, consentId, referralId } = await sent(entraide);
      await Promise.all(Array.from({ length: 6 }, () => referred(entraide, caseId, consentId)));
      await entraide.post(`/v1/cases/${caseId}/consents/${consentId}/withdrawal`);
      const [alone, listed, story, acted] = await Promise.all([
        referral(referralId),
        sante.get(`/v1/health/referrals?caseId=${caseId}`),
        sante.get(`/v1/health/referrals/${referralId}/events`),
        move(sante, referralId, 'information-request', { about: 'need', question: 'Which month?' }),
      ]);
      expect([alone, listed, story].map(({ text }) => text).join()).not.toMatch(personal);
      expect(listed.items.map(({ status }) => status)).toEqual(Array(7).fill('suspended'));
      expect(acted.outcome).toBe('409 referral.illegal-transition');
    }
  });
});
