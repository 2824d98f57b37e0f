import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, type Client, eventually } from './client.js';
import { auditorOfCndp, fatima, hassan, karim, nadia } from './people.js';
import { consented, consentTo, handedOver, move, offered, opened, referred, request, sent } from './stories.js';
import type { Installation } from './world.js';

/** How consents begin, end and are felt, through HTTP alone. */
export function consents(start: () => Promise<Installation>): void {
  let world: Installation;
  let entraide: Client;
  let supervisor: Client;
  let oim: Client;
  let sante: Client;
  let auditor: Client;
  beforeAll(async () => {
    world = await start();
    [entraide, supervisor, oim, sante, auditor] = (await Promise.all(
      [fatima, hassan, karim, nadia, auditorOfCndp].map((employee) => world.as(employee)),
    )) as [Client, Client, Client, Client, Client];
  });
  afterAll(() => world.stop());

  const withdraw = (by: Client, caseId: string, consentId: string, body: object = {}) =>
    by.post(`/v1/cases/${caseId}/consents/${consentId}/withdrawal`, body);
  const referral = (by: Client, id: string) => by.get(`/v1/health/referrals/${id}`);
  const suspended = (by: Client, id: string): Promise<Answer> =>
    eventually(async () => {
      const answer = await referral(by, id);
      expect(answer.body['status']).toBe('suspended');
      return answer;
    });
  const inHours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString();
  const personal = /Aminata|Diallo|1998-04-12|check-up|pregnant|maternal|Maternité/;

  describe('a consent taken back', () => {
    it('is felt by every open referral that rests on it, and by no other', async () => {
      const { caseId, consentId, referralId } = await sent(entraide);
      const second = await referred(entraide, caseId, consentId, { service: 'vaccination' });
      const done = await referred(entraide, caseId, consentId, { service: 'primary-care' });
      await move(sante, done, 'refusal', { reason: 'duplicate' });
      const other = await referred(entraide, caseId, await consented(entraide, caseId, 'sante'));
      const answer = await withdraw(entraide, caseId, consentId, { reason: 'Changed her mind.' });
      expect(answer.body).toMatchObject({ id: consentId, status: 'withdrawn', allowedActions: [] });
      await suspended(sante, referralId);
      await suspended(sante, second);
      expect((await referral(sante, done)).body['status']).toBe('declined');
      expect((await referral(sante, other)).body).toMatchObject({ status: 'sent', person: { givenName: 'Aminata' } });
    });

    it('leaves its receiver nothing personal, by any way, and one answer to give', async () => {
      const { caseId, consentId, referralId } = await sent(entraide, { note: 'Aminata waits at the Maternité.' });
      const key = { 'idempotency-key': `accept ${referralId}`.replaceAll(' ', '-') };
      await sante.post(`/v1/health/referrals/${referralId}/acceptance`, {}, key);
      const appointment = { at: '2026-12-01T09:00:00Z', place: 'Maternité d’Oujda' };
      const made = { 'idempotency-key': `appointment-${referralId}` };
      await sante.post(`/v1/health/referrals/${referralId}/appointment`, appointment, made);
      await move(sante, referralId, 'attendance', { outcome: 'attended' });
      await move(sante, referralId, 'steps/follow-up', { dueOn: '2026-12-15' });
      expect((await referral(sante, referralId)).body).toMatchObject({ steps: [{ step: 'follow-up' }] });
      await withdraw(entraide, caseId, consentId);
      const alone = await suspended(sante, referralId);
      expect(alone.actions).toEqual(['sharing-stop']);

      const list = await eventually(async () => {
        const found = await sante.get('/v1/health/referrals?direction=incoming&status=suspended&limit=200');
        expect(found.items.map(({ id }) => id)).toContain(referralId);
        return found;
      });
      const ways = [
        alone,
        list,
        await sante.get(`/v1/health/referrals/${referralId}/events`),
        await sante.get('/v1/feed?limit=200'),
        await sante.post(`/v1/health/referrals/${referralId}/acceptance`, {}, key),
        await sante.post(`/v1/health/referrals/${referralId}/appointment`, appointment, made),
      ];
      for (const way of ways) {
        expect(way.status).toBe(200);
        expect(way.text).not.toMatch(personal);
        expect(way.text).not.toMatch(/2026-12-(01|15)/);
      }
      expect(alone.body).not.toHaveProperty('steps');
      expect(ways.slice(4).map(({ replayed }) => replayed)).toEqual([true, true]);
      for (const action of ['acknowledgement', 'start', 'completion', 'assignment', 'suggestion']) {
        const body = { completion: { outcome: 'served' }, assignment: { subject: 'l.bennis' } }[action] ?? {};
        const asked = action === 'suggestion' ? { sector: 'health', service: 'vaccination' } : body;
        expect((await move(sante, referralId, action, asked)).outcome).toBe('409 referral.illegal-transition');
      }
      expect((await move(sante, referralId, 'acceptance')).outcome).toBe('409 consent.missing');
    });

    it('tells the sender who has not confirmed yet that sharing stopped', async () => {
      const { caseId, consentId, referralId } = await sent(entraide);
      await move(sante, referralId, 'acceptance');
      const waiting = async () => (await entraide.get(`/v1/cases/${caseId}/consents/${consentId}`)).body;
      expect(await waiting()).not.toHaveProperty('awaitingSharingStop');
      await withdraw(entraide, caseId, consentId);
      await suspended(sante, referralId);
      await eventually(async () =>
        expect((await waiting())['awaitingSharingStop']).toEqual([
          { referralId, sector: 'health', receiver: 'sante', status: 'suspended' },
        ]),
      );
      const stop = { ownRecordKept: true, ground: 'Medical record.' };
      expect((await move(sante, referralId, 'sharing-stop', stop)).body['status']).toBe('cancelled');
      await eventually(async () => expect((await waiting())['awaitingSharingStop']).toEqual([]));
      expect((await move(entraide, referralId, 'review', { satisfied: true })).body['status']).toBe('closed');
      await world.settled();
      const { items } = await entraide.get(`/v1/cases/${caseId}/timeline?limit=200`);
      expect(items.map(({ type, actor }) => [type, (actor as { agency: string }).agency]).slice(3)).toEqual([
        ['ReferralAccepted', 'sante'],
        ['ConsentWithdrawn', 'entraide-nationale'],
        ['ReferralSuspended', 'ihala'],
        ['SharingStopped', 'sante'],
        ['ReferralReviewed', 'entraide-nationale'],
      ]);
    });

    it('is taken back once, by the custodian, on a closed case too, and starts nothing more', async () => {
      const caseId = await opened(entraide);
      const consentId = await consented(entraide, caseId, 'sante');
      expect((await withdraw(sante, caseId, consentId)).outcome).toBe('404 consent.not-found');
      await entraide.post(`/v1/cases/${caseId}/closure`, { reason: 'Left.' });
      expect((await withdraw(entraide, caseId, consentId)).outcome).toBe('200');
      expect((await withdraw(entraide, caseId, consentId)).outcome).toBe('409 consent.not-active');
      await entraide.post(`/v1/cases/${caseId}/reopening`, { reason: 'Back.' });
      const again = await entraide.post('/v1/health/referrals', request(caseId, consentId));
      expect([again.outcome, again.body['missing']]).toEqual(['409 consent.missing', ['identity']]);
    });

    it('keeps what was told to its receiver from the next one, who has a consent of its own', async () => {
      const declined = async () => {
        const { caseId, consentId, referralId } = await sent(entraide);
        await move(sante, referralId, 'refusal', { reason: 'duplicate' });
        return {
          caseId,
          consentId,
          referralId,
          receiver: { receiver: 'oim', consentId: await consented(entraide, caseId, 'oim') },
        };
      };
      const over = await declined();
      await withdraw(entraide, over.caseId, over.consentId);
      await world.settled();
      const standing = await declined();
      const told = [];
      for (const { referralId, receiver } of [over, standing]) {
        const redirected = await move(entraide, referralId, 'redirection', receiver);
        expect(redirected.outcome).toBe('201');
        const events = await oim.get(`/v1/health/referrals/${redirected.id}/events`);
        told.push([(await referral(oim, redirected.id)).body['reason'], events.items[0]!['reason']]);
      }
      const { reason } = request('', '');
      expect(told).toEqual([
        [undefined, undefined],
        [reason, reason],
      ]);
    });

    it('ends an offer of custody for its recipient, and what a custodian saw by it', async () => {
      const caseId = await opened(entraide);
      const note = 'Aminata sleeps at a friend’s.';
      const transferId = await offered(entraide, caseId, 'oim', ['identity'], { note });
      const [{ id: first }] = (await entraide.get(`/v1/cases/${caseId}/consents`)).items as [{ id: string }];
      const paths = [`/v1/cases/${caseId}`, `/v1/cases/${caseId}/transfers/${transferId}`] as const;
      for (const path of paths) expect((await oim.get(path)).text).toContain('Aminata');
      await withdraw(entraide, caseId, first);
      for (const path of [...paths, '/v1/transfers', '/v1/feed?limit=200']) {
        const shown = await oim.get(path);
        expect([shown.status, personal.test(shown.text)]).toEqual([200, false]);
      }
      expect((await entraide.get(paths[1])).body).toMatchObject({ note });
      const taken = await oim.post(`/v1/cases/${caseId}/transfers/${transferId}/acceptance`);
      expect(taken.outcome).toBe('409 consent.missing');
      await entraide.post(`/v1/cases/${caseId}/transfers/${transferId}/withdrawal`);

      await handedOver(entraide, oim, caseId, 'oim', ['identity']);
      await oim.post(`/v1/cases/${caseId}/corrections`, { person: { alias: 'Mina' }, reason: 'Told us.' });
      const second = (await oim.get(`/v1/cases/${caseId}/consents`)).items.at(-1)!['id'] as string;
      await withdraw(oim, caseId, second);
      const { text } = await oim.get(`/v1/cases/${caseId}`);
      expect([text.includes('Mina'), personal.test(text)]).toEqual([true, false]);
    });
  });

  describe('a withdrawal told to a receiver', () => {
    it('is the consent’s, and reaches every other receiver of it', async () => {
      const { caseId, consentId, referralId } = await sent(entraide);
      const second = await referred(entraide, caseId, consentId, { service: 'vaccination' });
      await move(sante, referralId, 'acceptance');
      const told = await move(sante, referralId, 'consent-withdrawal', { reason: 'She said so.' });
      expect(told.body).toMatchObject({ status: 'suspended', allowedActions: ['sharing-stop'] });
      expect(told.text).not.toMatch(personal);
      await suspended(sante, second);
      const consent = (await entraide.get(`/v1/cases/${caseId}/consents/${consentId}`)).body;
      expect(consent).toMatchObject({ status: 'withdrawn' });
      expect((await withdraw(entraide, caseId, consentId)).outcome).toBe('409 consent.not-active');
      const history = await auditor.get(`/v1/audit/events?caseId=${caseId}&limit=200`);
      const [withdrawal] = history.items.filter(({ type }) => type === 'ConsentWithdrawn');
      expect(withdrawal).toMatchObject({
        data: { consentId, cause: 'reported', referralId },
        actor: { role: 'system' },
      });
      const [report] = history.items.filter(({ type }) => type === 'ConsentWithdrawalReported');
      expect(withdrawal).toMatchObject({ causationId: report!['id'], correlationId: report!['correlationId'] });
    });
  });

  describe('a consent with an end', () => {
    it('expires by the clock, which acts like a withdrawal', async () => {
      const caseId = await opened(entraide);
      const expiresAt = new Date(Date.now() + 2000).toISOString();
      const consentId = await consented(entraide, caseId, 'sante', { expiresAt });
      const referralId = await referred(entraide, caseId, consentId);
      const seen = await suspended(sante, referralId);
      expect([seen.body['cause'], personal.test(seen.text)]).toEqual(['expired', false]);
      const consent = (await entraide.get(`/v1/cases/${caseId}/consents/${consentId}`)).body;
      expect(consent).toMatchObject({ status: 'expired', endedAt: expect.any(String) });
      expect((consent['endedAt'] as string) >= expiresAt).toBe(true);
      expect((await withdraw(entraide, caseId, consentId)).outcome).toBe('409 consent.not-active');
      expect((await move(sante, referralId, 'sharing-stop')).body['status']).toBe('cancelled');
    }, 15_000);

    it('shares nothing from that instant on, whether or not the clock has acted', async () => {
      const caseId = await opened(entraide);
      const consentId = await consented(entraide, caseId, 'sante', { expiresAt: inHours(-1) });
      const consent = (await entraide.get(`/v1/cases/${caseId}/consents/${consentId}`)).body;
      expect(consent).toMatchObject({ status: 'expired', allowedActions: [] });
      const late = await entraide.post('/v1/health/referrals', request(caseId, consentId));
      expect(late.outcome).toBe('409 consent.missing');
    });

    const emergency = async (terms: object = {}) => {
      const caseId = await opened(entraide);
      const basis = { basis: 'vital-interests', ...terms };
      const consentId = await consented(entraide, caseId, 'sante', basis);
      const referralId = await referred(entraide, caseId, consentId, {
        service: 'emergency-care',
        urgency: 'emergency',
      });
      const path = `/v1/cases/${caseId}/consents/${consentId}`;
      const confirm = (decision: string) => entraide.post(`${path}/confirmation`, { decision });
      return { consentId, referralId, path, confirm };
    };

    it('goes on past 72 hours when the person confirms it, and can be withdrawn then', async () => {
      const { path, confirm } = await emergency();
      const before = (await entraide.get(path)).body;
      expect(before['allowedActions']).toEqual(['confirmation', 'withdrawal']);
      const given = await confirm('given');
      expect(given.body).toMatchObject({ status: 'active', confirmation: 'given', allowedActions: ['withdrawal'] });
      expect([before, given.body].map((body) => 'expiresAt' in body)).toEqual([true, false]);
      expect((await confirm('given')).outcome).toBe('409 consent.confirmation-not-needed');
    });

    it('keeps the end that the person set themselves', async () => {
      const { confirm } = await emergency({ expiresAt: inHours(24 * 30) });
      const answer = await confirm('given');
      expect(Date.parse(answer.body['expiresAt'] as string)).toBeGreaterThan(Date.now() + 29 * 86_400_000);
    });

    it('keeps its 72 hours while they are unable to say, and ends at once when they refuse', async () => {
      const { referralId, confirm } = await emergency();
      const unable = await confirm('unable');
      expect(unable.body).toMatchObject({ status: 'active', confirmation: 'unable' });
      expect(unable.body).toHaveProperty('expiresAt');
      expect((await referral(sante, referralId)).body).toHaveProperty('person');
      expect((await confirm('refused')).body).toMatchObject({ status: 'withdrawn', confirmation: 'refused' });
      await suspended(sante, referralId);
      expect((await confirm('given')).outcome).toBe('409 consent.not-active');
    });

    it('is confirmed only where help did not wait for the person', async () => {
      const caseId = await opened(entraide);
      const consentId = await consented(entraide, caseId, 'sante');
      const path = `/v1/cases/${caseId}/consents/${consentId}/confirmation`;
      expect((await entraide.post(path, { decision: 'given' })).outcome).toBe('409 consent.confirmation-not-needed');
      expect((await entraide.post(path, { decision: 'perhaps' })).outcome).toBe('400 request.invalid');
      const duty = { basis: 'legal-obligation', reason: 'Court order.' };
      expect((await entraide.post(`/v1/cases/${caseId}/consents`, consentTo('sante', duty))).status).toBe(403);
      expect((await supervisor.post(`/v1/cases/${caseId}/consents`, consentTo('sante', duty))).status).toBe(201);
    });
  });
}
