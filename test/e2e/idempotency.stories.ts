import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, type Client, eventually } from './client.js';
import { aminata, auditorOfCndp, fatima, hassan, karim, nadia, ousmane, salma } from './people.js';
import { consented, consentTo, handedOver, move, offer, offered, opened, request, sent } from './stories.js';
import type { Installation } from './world.js';

/** What is asked twice is done once, and of two who cross one wins, through HTTP alone. */
export function idempotency(start: () => Promise<Installation>): void {
  let world: Installation;
  let sender: Client;
  let receiver: Client;
  let oim: Client;
  let auditor: Client;
  beforeAll(async () => {
    world = await start();
    sender = await world.as(fatima);
    receiver = await world.as(nadia);
    oim = await world.as(karim);
    auditor = await world.as(auditorOfCndp);
  });
  afterAll(() => world.stop());

  let keys = 0;
  const newKey = () => ({ 'idempotency-key': `key-${(keys += 1)}` });
  const times = <T>(count: number, act: (index: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, index) => act(index)));

  /** What the log holds of a case, once the auditors’ copy has heard of everything up to now. */
  async function logged(caseId: string, type: string) {
    await eventually(async () => {
      const history = await auditor.get(`/v1/audit/cases/${caseId}/history`);
      expect(history.outcome).toBe('200');
    });
    return eventually(async () => {
      const { items, next } = await auditor.get(`/v1/audit/events?caseId=${caseId}&limit=200`);
      expect(next).toBeNull();
      const found = items.filter((item) => item['type'] === type);
      expect(found).not.toHaveLength(0);
      return found;
    });
  }

  /** One request took effect; all got the same answer, and all but one were told that it was a repeat. */
  function expectOneEffect(answers: readonly Answer[], status: number): void {
    expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set([String(status)]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(new Set(answers.map(({ etag }) => etag)).size).toBe(1);
    expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
  }

  describe('twenty times the same request with one key', () => {
    it('opens one case', async () => {
      const key = newKey();
      const before = (await sender.get('/v1/cases?limit=200')).items.length;
      const answers = await times(20, () => sender.post('/v1/cases', aminata, key));
      expectOneEffect(answers, 201);
      const caseId = answers[0]!.id;
      expect(await logged(caseId, 'CaseOpened')).toHaveLength(1);
      await eventually(async () => {
        expect((await sender.get('/v1/cases?limit=200')).items).toHaveLength(before + 1);
      });
    });

    it('records one consent', async () => {
      const caseId = await opened(sender);
      const key = newKey();
      const answers = await times(20, () => sender.post(`/v1/cases/${caseId}/consents`, consentTo('sante'), key));
      expectOneEffect(answers, 201);
      expect((await sender.get(`/v1/cases/${caseId}/consents`)).items).toHaveLength(1);
    });

    it('sends one referral', async () => {
      const caseId = await opened(sender);
      const consentId = await consented(sender, caseId, 'sante');
      const key = newKey();
      const answers = await times(20, () => sender.post('/v1/health/referrals', request(caseId, consentId), key));
      expectOneEffect(answers, 201);
      expect(await logged(caseId, 'ReferralSent')).toHaveLength(1);
    });

    it('makes one move', async () => {
      const { caseId, referralId } = await sent(sender);
      const key = newKey();
      const path = `/v1/health/referrals/${referralId}/acceptance`;
      expectOneEffect(await times(20, () => receiver.post(path, { note: 'Come.' }, key)), 200);
      expect(await logged(caseId, 'ReferralAccepted')).toHaveLength(1);
    });

    it('adds one note', async () => {
      const caseId = await opened(sender);
      const key = newKey();
      expectOneEffect(await times(20, () => sender.post(`/v1/cases/${caseId}/notes`, { text: 'Called.' }, key)), 200);
      expect((await sender.get(`/v1/cases/${caseId}`)).body['notes']).toHaveLength(1);
    });

    it('redirects once', async () => {
      const { caseId, consentId, referralId } = await sent(sender);
      await move(receiver, referralId, 'refusal', { reason: 'duplicate' });
      const key = newKey();
      const body = { receiver: 'sante', consentId };
      const path = `/v1/health/referrals/${referralId}/redirection`;
      expectOneEffect(await times(20, () => sender.post(path, body, key)), 201);
      expect(await logged(caseId, 'ReferralRedirected')).toHaveLength(1);
      expect(await logged(caseId, 'ReferralSent')).toHaveLength(2);
    });
  });

  describe('a key', () => {
    it('is for one path and one body', async () => {
      const key = newKey();
      const caseId = (await sender.post('/v1/cases', aminata, key)).id;
      expect((await sender.post('/v1/cases', ousmane, key)).outcome).toBe('422 idempotency-key.reused');
      expect((await sender.post(`/v1/cases/${caseId}/notes`, { text: 'x' }, key)).outcome).toBe(
        '422 idempotency-key.reused',
      );
      const reordered = JSON.stringify({ ...aminata, person: undefined }).replace(
        '{',
        `{ "person" : ${JSON.stringify(aminata.person)} , `,
      );
      const again = await sender.post('/v1/cases', reordered, key);
      expect([again.outcome, again.id, again.replayed]).toEqual(['201', caseId, true]);
    });

    it('used for two bodies at once takes one of them', async () => {
      const key = newKey();
      const answers = await times(20, (index) => sender.post('/v1/cases', index % 2 ? aminata : ousmane, key));
      const done = answers.filter(({ status }) => status === 201);
      expect(new Set(done.map(({ id }) => id)).size).toBe(1);
      expect(done).toHaveLength(10);
      const others = answers.filter(({ status }) => status !== 201).map(({ outcome }) => outcome);
      expect(new Set(others)).toEqual(new Set(['422 idempotency-key.reused']));
    });

    it('is each caller’s own', async () => {
      const key = newKey();
      const answers = [
        await sender.post('/v1/cases', aminata, key),
        await (await world.as(hassan)).post('/v1/cases', aminata, key),
        await oim.post('/v1/cases', aminata, key),
      ];
      expect(new Set(answers.map(({ id }) => id)).size).toBe(3);
      expect(answers.map(({ replayed }) => replayed)).toEqual([false, false, false]);
    });

    it.each(['', 'two words', 'clé', 'x'.repeat(256), '\u0009'])('cannot be “%s”', async (key) => {
      const header = Buffer.from(key, 'utf8').toString('latin1');
      const answer = await sender.post('/v1/cases', aminata, { 'idempotency-key': header });
      expect(answer.outcome).toBe('400 request.invalid');
    });

    it('of 255 characters is one', async () => {
      const key = { 'idempotency-key': '~'.repeat(255) };
      await sender.post('/v1/cases', aminata, key);
      expect((await sender.post('/v1/cases', aminata, key)).replayed).toBe(true);
    });

    it('remembers no refusal', async () => {
      const { referralId } = await sent(sender);
      const key = newKey();
      const start = () => receiver.post(`/v1/health/referrals/${referralId}/start`, {}, key);
      expect((await start()).outcome).toBe('409 referral.illegal-transition');
      await move(receiver, referralId, 'acceptance');
      const done = await start();
      expect([done.outcome, done.replayed]).toEqual(['200', false]);
      expect((await start()).replayed).toBe(true);
      const body = { reason: 'Left.' };
      const stale = { ...newKey(), 'if-match': '"99"' };
      const close = (headers: Record<string, string>) =>
        sender.post(`/v1/health/referrals/${referralId}/cancellation-request`, body, headers);
      expect((await close(stale)).outcome).toBe('412 precondition.failed');
      expect((await close({ 'idempotency-key': stale['idempotency-key'] })).outcome).toBe('200');
    });

    it('answers what was answered then, though the referral has moved on, and nothing that may not be seen any more', async () => {
      const { referralId } = await sent(sender);
      const key = newKey();
      const accept = () => receiver.post(`/v1/health/referrals/${referralId}/acceptance`, { note: 'Come.' }, key);
      const first = await accept();
      expect(first.text).toContain('Aminata');
      await move(receiver, referralId, 'start');
      const again = await accept();
      expect([again.body['status'], again.etag, again.replayed]).toEqual(['accepted', first.etag, true]);
      await move(receiver, referralId, 'completion', { outcome: 'served' });
      const late = await accept();
      expect([late.body['status'], late.replayed]).toEqual(['accepted', true]);
      expect(late.text).not.toMatch(/Aminata|Diallo|1998-04-12|check-up/);
    });

    it('shows nothing to an agency that handed the case over', async () => {
      const key = newKey();
      const caseId = (await sender.post('/v1/cases', aminata, key)).id;
      const noteKey = newKey();
      const note = () => sender.post(`/v1/cases/${caseId}/notes`, { text: 'Called.' }, noteKey);
      const consentKey = newKey();
      const terms = consentTo('oim', { purpose: 'custody', dataClasses: ['identity'] });
      const consent = () => sender.post(`/v1/cases/${caseId}/consents`, terms, consentKey);
      await note();
      const consentId = (await consent()).id;
      const offerKey = newKey();
      const propose = () => sender.post(`/v1/cases/${caseId}/transfers`, offer('oim', consentId), offerKey);
      const transferId = (await propose()).id;
      await oim.post(`/v1/cases/${caseId}/transfers/${transferId}/acceptance`);
      const repeats = [await sender.post('/v1/cases', aminata, key), await note(), await consent(), await propose()];
      expect(repeats.map(({ outcome }) => outcome)).toEqual(repeats.map(() => '404 case.not-found'));
      for (const { text } of repeats) expect(text).not.toMatch(/Aminata|Diallo|Called/);
    });

    it('shows the offered agency nothing after custody went on', async () => {
      const caseId = await opened(sender);
      const transferId = await offered(sender, caseId, 'oim', ['identity'], { note: 'She is expected on Monday.' });
      const key = newKey();
      const accept = () => oim.post(`/v1/cases/${caseId}/transfers/${transferId}/acceptance`, {}, key);
      expect((await accept()).outcome).toBe('200');
      await handedOver(oim, await world.as(salma), caseId, 'hcr');
      const again = await accept();
      expect([again.outcome, again.replayed]).toEqual(['200', true]);
      expect(again.text).not.toMatch(/Aminata|Diallo|Monday/);
      expect((await oim.get(`/v1/cases/${caseId}`)).outcome).toBe('404 case.not-found');
    });
  });

  describe('moves that cross', () => {
    it('leave one winner, twenty times', async () => {
      for (let round = 0; round < 20; round += 1) {
        const { caseId, referralId } = await sent(sender);
        const answers = await Promise.all([
          move(receiver, referralId, 'acceptance'),
          move(receiver, referralId, 'refusal', { reason: 'duplicate' }),
        ]);
        const won = answers.filter(({ status }) => status === 200);
        expect(won).toHaveLength(1);
        const lost = answers.find(({ status }) => status !== 200)!;
        expect(lost.outcome).toBe('409 referral.illegal-transition');
        expect(lost.body['currentStatus']).toBe(won[0]!.body['status']);
        expect((await sender.get(`/v1/health/referrals/${referralId}`)).body).toMatchObject({
          status: won[0]!.body['status'],
          version: 2,
          caseId,
        });
      }
    });

    it('leave one winner among twenty with If-Match', async () => {
      const { referralId } = await sent(sender);
      const answers = await times(20, (index) =>
        receiver.post(
          `/v1/health/referrals/${referralId}/assignment`,
          { subject: `nurse-${index}` },
          { 'if-match': '"1"' },
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ outcome }) => outcome === '412 precondition.failed')).toHaveLength(19);
      expect((await receiver.get(`/v1/health/referrals/${referralId}`)).body['version']).toBe(2);
    });

    it('all count when all are legal', async () => {
      const { referralId } = await sent(sender);
      const answers = await times(20, (index) =>
        move(receiver, referralId, 'assignment', { subject: `nurse-${index}` }),
      );
      expect(answers.map(({ outcome }) => outcome)).toEqual(answers.map(() => '200'));
      const versions = answers.map(({ body }) => body['version'] as number).sort((a, b) => a - b);
      expect(versions).toEqual(Array.from({ length: 20 }, (_, index) => index + 2));
    });

    it('give a transfer one end', async () => {
      for (let round = 0; round < 10; round += 1) {
        const caseId = await opened(sender);
        const transferId = await offered(sender, caseId, 'oim');
        const path = `/v1/cases/${caseId}/transfers/${transferId}`;
        const [accepted, withdrawn] = await Promise.all([
          oim.post(`${path}/acceptance`),
          sender.post(`${path}/withdrawal`, {}),
        ]);
        expect([accepted, withdrawn].filter(({ status }) => status === 200)).toHaveLength(1);
        const lost = accepted.status === 200 ? withdrawn : accepted;
        expect(lost.outcome).toBe('409 transfer.not-open');
        const custodian = accepted.status === 200 ? oim : sender;
        const other = accepted.status === 200 ? sender : oim;
        expect((await custodian.get(`/v1/cases/${caseId}`)).outcome).toBe('200');
        expect((await other.get(`/v1/cases/${caseId}`)).outcome).toBe('404 case.not-found');
      }
    });

    it('make one offer of twenty', async () => {
      const caseId = await opened(sender);
      const consentId = await consented(sender, caseId, 'oim', { purpose: 'custody' });
      const answers = await times(20, () => sender.post(`/v1/cases/${caseId}/transfers`, offer('oim', consentId)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ outcome }) => outcome === '409 transfer.already-proposed')).toHaveLength(19);
    });
  });

  describe('If-Match', () => {
    it.each([
      ['"1"', '200'],
      ['*', '200'],
      ['"7", "1"', '200'],
      ['"2"', '412 precondition.failed'],
      ['W/"1"', '412 precondition.failed'],
      ['1', '412 precondition.failed'],
      ['"01"', '412 precondition.failed'],
      ['"1', '412 precondition.failed'],
    ])('%s at version 1: %s', async (tag, outcome) => {
      const caseId = await opened(sender);
      const assign = () => sender.post(`/v1/cases/${caseId}/assignment`, { subject: 'h.tazi' }, { 'if-match': tag });
      expect((await assign()).outcome).toBe(outcome);
    });

    it('goes round: what an answer’s ETag says is what the next may name', async () => {
      const caseId = await opened(sender);
      let { etag } = await sender.get(`/v1/cases/${caseId}`);
      for (const text of ['One.', 'Two.', 'Three.']) {
        const answer = await sender.post(`/v1/cases/${caseId}/notes`, { text }, { 'if-match': etag });
        expect(answer.outcome).toBe('200');
        expect(answer.etag).not.toBe(etag);
        ({ etag } = answer);
      }
      expect((await sender.get(`/v1/cases/${caseId}`)).etag).toBe(etag);
    });
  });
}
