import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, eventually } from './client.js';
import { fatima, nadia } from './people.js';
import { consented, opened, request } from './stories.js';
import type { Installation } from './world.js';

/** Two moves in two services at the same time, through HTTP alone. */
export function races(start: () => Promise<Installation>): void {
  let world: Installation;
  let entraide: Client;
  let sante: Client;
  beforeAll(async () => {
    world = await start();
    [entraide, sante] = [await world.as(fatima), await world.as(nadia)];
  });
  afterAll(() => world.stop());
  const withdraw = async (caseId: string, consentId: string) =>
    expect((await entraide.post(`/v1/cases/${caseId}/consents/${consentId}/withdrawal`)).outcome).toBe('200');
  const becomes = (by: Client, referralId: string, status: string) =>
    eventually(async () => {
      const answer = await by.get(`/v1/health/referrals/${referralId}`);
      expect(answer.body).toMatchObject({ status });
    });

  describe('whichever comes first in the hundredth of a second', () => {
    it('a withdrawal or a sending: what is acknowledged is suspended, what is refused says why', async () => {
      const races = Array.from({ length: 12 }, async () => {
        const caseId = await opened(entraide);
        const consentId = await consented(entraide, caseId, 'sante');
        const [, sending] = await Promise.all([
          withdraw(caseId, consentId),
          entraide.post('/v1/health/referrals', request(caseId, consentId)),
        ]);
        if (sending.status === 201) await becomes(sante, sending.id, 'suspended');
        else expect(sending.outcome).toBe('409 consent.missing');
      });
      await Promise.all(races);
    });

    it('a closure or a sending: a closed case has no open referral', async () => {
      const races = Array.from({ length: 12 }, async () => {
        const caseId = await opened(entraide);
        const consentId = await consented(entraide, caseId, 'sante');
        const [closing, sending] = await Promise.all([
          entraide.post(`/v1/cases/${caseId}/closure`, { reason: 'Left.' }),
          entraide.post('/v1/health/referrals', request(caseId, consentId)),
        ]);
        expect(['200', '409 case.has-open-work']).toContain(closing.outcome);
        expect(['201', '409 case.not-open']).toContain(sending.outcome);
        const expected = sending.status === 201 ? 'open' : 'closed';
        await eventually(async () =>
          expect((await entraide.get(`/v1/cases/${caseId}`)).body).toMatchObject({ status: expected }),
        );
      });
      await Promise.all(races);
    });
  });
}
