import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, eventually } from './client.js';
import { aminata, auditorOfCndp, doctorBennis, fatima, karim, nadia } from './people.js';
import { consented, consentTo, handedOver, move, offered, opened, referred, request, sent } from './stories.js';
import { World } from './world.js';

let world: World;
let entraide: Client;
let oim: Client;
let sante: Client;
beforeAll(async () => {
  world = await World.start();
  [entraide, oim, sante] = [await world.as(fatima), await world.as(karim), await world.as(nadia)];
});
afterAll(() => world.stop());

const phone = aminata.person.phone;

describe('an agency knows no more', () => {
  it('by referring: a sender sees of the person only what it may know of the case', async () => {
    const caseId = await opened(entraide);
    await handedOver(entraide, oim, caseId, 'oim', ['identity']);
    const wide = { dataClasses: ['identity', 'contact', 'protection'] };
    const consent = await oim.post(`/v1/cases/${caseId}/consents`, consentTo('sante', wide));
    const referral = await oim.post('/v1/health/referrals', request(caseId, consent.id));
    expect(referral.text).toContain(aminata.person.givenName);
    expect(referral.text).not.toContain(phone);
    expect((await sante.get(`/v1/health/referrals/${referral.id}`)).text).toContain(phone);
  });

  it('by repeating a request from when it knew more', async () => {
    const caseId = await opened(entraide);
    await handedOver(entraide, oim, caseId, 'oim', ['identity', 'contact']);
    const key = { 'idempotency-key': `note-${caseId}` };
    const note = () => oim.post(`/v1/cases/${caseId}/notes`, { text: 'Called her.' }, key);
    expect((await note()).text).toContain(phone);
    await handedOver(oim, entraide, caseId, 'entraide-nationale');
    expect((await note()).outcome).toBe('404 case.not-found');
    await handedOver(entraide, oim, caseId, 'oim', ['identity']);
    const repeated = await note();
    expect(repeated.outcome).toBe('200');
    expect(repeated.text).not.toContain(phone);
  });

  it('from an offer whose consent has ended', async () => {
    const caseId = await opened(entraide);
    const expiresAt = new Date(Date.now() + 1500).toISOString();
    const terms = { purpose: 'custody', dataClasses: ['identity', 'contact'], expiresAt };
    const consent = await entraide.post(`/v1/cases/${caseId}/consents`, consentTo('oim', terms));
    await entraide.post(`/v1/cases/${caseId}/transfers`, { to: 'oim', reason: 'protection', consentId: consent.id });
    expect((await oim.get(`/v1/cases/${caseId}`)).text).toContain(phone);
    await new Promise((resolve) => setTimeout(resolve, Date.parse(expiresAt) - Date.now() + 50));
    expect((await oim.get(`/v1/cases/${caseId}`)).text).not.toContain(phone);
  });
});

/** Everything that says which service a referral asks for, to one caller: lists, filtered ones, alone, its events. */
async function namesItsService(by: Client, { caseId, referralId }: { caseId: string; referralId: string }) {
  const list = `/v1/health/referrals?caseId=${caseId}`;
  const alone = `/v1/health/referrals/${referralId}`;
  const ways = [list, `${list}&service=maternal-health`, alone, `${alone}/events`];
  const answers = await Promise.all(ways.map((path) => by.get(path)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(answers[0]!.items).toHaveLength(1);
  return [...answers.map(({ text }) => text.includes('maternal')), answers[1]!.items.length > 0];
}
const named = Array(5).fill(true);
const hidden = Array(5).fill(false);

describe('which service a sensitive one is', () => {
  it('is for those who make the moves of a side: not for a sender’s clinician', async () => {
    const clinicianOfSender = await world.as({ ...fatima, sub: 'h.ziani', roles: ['clinician'] });
    const story = await sent(entraide);
    for (const by of [entraide, sante, await world.as(doctorBennis)]) {
      expect(await namesItsService(by, story)).toEqual(named);
    }
    expect(await namesItsService(clinicianOfSender, story)).toEqual(hidden);
  });

  it.each(['withdrawn', 'expired'])('is for nobody once its consent is %s, though it was over before', async (how) => {
    const caseId = await opened(entraide);
    const expiresAt = new Date(Date.now() + (how === 'expired' ? 1500 : 3_600_000)).toISOString();
    const consentId = await consented(entraide, caseId, 'sante', { expiresAt });
    const story = { caseId, referralId: await referred(entraide, caseId, consentId) };
    await move(sante, story.referralId, 'refusal', { reason: 'duplicate' });
    expect(await namesItsService(entraide, story)).toEqual(named);
    expect(await namesItsService(sante, story)).toEqual(hidden);
    if (how === 'withdrawn') await entraide.post(`/v1/cases/${caseId}/consents/${consentId}/withdrawal`);
    await eventually(async () => expect(await namesItsService(entraide, story)).toEqual(hidden));
    await move(entraide, story.referralId, 'review', { satisfied: true });
    expect(await namesItsService(entraide, story)).toEqual(hidden);
  });
});

describe('words are for whom they are meant', () => {
  it('why an offer was refused is read by who made it, not the case’s consent by its receiver', async () => {
    const caseId = await opened(entraide);
    const transferId = await offered(entraide, caseId, 'oim');
    const path = `/v1/cases/${caseId}/transfers/${transferId}`;
    await oim.post(`${path}/refusal`, { reason: 'other', note: 'Our shelter closes in May.' });
    expect((await entraide.get(path)).text).toContain('Our shelter closes in May.');
    const { referralId, consentId } = await sent(entraide);
    expect((await entraide.get(`/v1/health/referrals/${referralId}`)).text).toContain(consentId);
    for (const path of ['', '/events']) {
      expect((await sante.get(`/v1/health/referrals/${referralId}${path}`)).text).not.toContain(consentId);
    }
    expect((await sante.get('/v1/health/referrals')).text).not.toContain(consentId);
  });

  it('why a referral was refused stands apart from why it was sent', async () => {
    const { referralId } = await sent(entraide);
    const refusal = { reason: 'no-capacity', note: 'Try the centre at Berkane.' };
    const declined = await move(sante, referralId, 'refusal', refusal);
    expect(declined.body).toMatchObject({ status: 'declined', refusalReason: 'no-capacity' });
    const seen = await entraide.get(`/v1/health/referrals/${referralId}`);
    expect(seen.body).toMatchObject({ refusalReason: 'no-capacity', reason: request('', '').reason });
  });

  it('findings are for clinicians, as long as the referral is open', async () => {
    const clinician = await world.as(doctorBennis);
    const { referralId } = await sent(entraide);
    await move(sante, referralId, 'acceptance');
    const consultation = { at: '2026-03-02T10:00:00Z', facility: 'Ward 3', findings: 'Anaemia.' };
    await move(clinician, referralId, 'steps/consultation', consultation);
    const events = (by: Client) => by.get(`/v1/health/referrals/${referralId}/events`).then(({ text }) => text);
    expect(await events(clinician)).toContain('Anaemia.');
    for (const by of [sante, entraide]) expect(await events(by)).not.toContain('Anaemia.');
    await move(sante, referralId, 'completion', { outcome: 'treated' });
    expect(await events(clinician)).not.toContain('Anaemia.');
  });
});

describe('what was done', () => {
  const consultation = { at: '2026-03-02T10:00:00Z', facility: 'Ward 3', findings: 'Anaemia.' };
  let clinician: Client;
  beforeAll(async () => {
    clinician = await world.as(doctorBennis);
  });
  const treated = async () => {
    const story = await sent(entraide);
    await move(sante, story.referralId, 'acceptance');
    await move(clinician, story.referralId, 'steps/consultation', consultation);
    await move(sante, story.referralId, 'suggestion', { sector: 'voluntary-return', service: 'assisted-return' });
    return story;
  };
  type Steps = readonly { readonly step: string }[];
  const told = (by: Client, id: string, what: { steps: string[] | undefined; suggested: string | undefined }) =>
    eventually(async () => {
      const alone = (await by.get(`/v1/health/referrals/${id}`)).body;
      const listed = (await by.get('/v1/health/referrals?limit=200')).items.find((item) => item['id'] === id)!;
      const { items } = await by.get(`/v1/health/referrals/${id}/events`);
      const recorded = items.filter(({ type }) => type === 'StepRecorded').map(({ step }) => step as string);
      const [suggestion] = items.filter(({ type }) => type === 'NextServiceSuggested');
      const names = (steps: unknown) => (steps as Steps | undefined)?.map(({ step }) => step);
      const { steps, suggested } = what;
      expect([names(alone['steps']), names(listed['steps']), recorded]).toEqual([steps, steps, steps ?? [undefined]]);
      expect([alone['suggestions'], suggestion!['sector']]).toMatchObject(
        suggested ? [[{ sector: suggested }], suggested] : [undefined, undefined],
      );
    });
  const all = { steps: ['consultation'], suggested: 'voluntary-return' };
  const nothing = { steps: undefined, suggested: undefined };

  it('is told to the receiver as long as the consent stands, after the referral has ended too', async () => {
    const { caseId, consentId, referralId } = await treated();
    await move(sante, referralId, 'completion', { outcome: 'treated' });
    await move(entraide, referralId, 'review', { satisfied: true });
    for (const by of [sante, clinician, entraide]) await told(by, referralId, all);
    await entraide.post(`/v1/cases/${caseId}/consents/${consentId}/withdrawal`);
    for (const by of [sante, clinician]) await told(by, referralId, nothing);
    await told(entraide, referralId, all);
  });

  it('is not told to it once it was suspended, by any way, whatever becomes of it then', async () => {
    for (const end of ['withdrawn', 'reported'] as const) {
      const { caseId, consentId, referralId } = await treated();
      if (end === 'reported') await move(sante, referralId, 'consent-withdrawal');
      else await entraide.post(`/v1/cases/${caseId}/consents/${consentId}/withdrawal`);
      await told(sante, referralId, nothing);
      await eventually(async () =>
        expect((await move(sante, referralId, 'sharing-stop')).body['status']).toBe('cancelled'),
      );
      await told(sante, referralId, nothing);
      await move(entraide, referralId, 'review', { satisfied: true });
      await told(sante, referralId, nothing);
      await told(entraide, referralId, all);
    }
  });
});

describe('by when an answer is due', () => {
  const clocks = /answerDueAt|remaining|dueAt/;
  const urgent = { service: 'sexual-violence-care' };
  const ways = (id: string) => [
    `/v1/health/referrals/${id}`,
    '/v1/health/referrals?limit=1',
    `/v1/health/referrals/${id}/events`,
  ];
  /** Which of the ways tell of it. */
  const tell = async (by: Client, id: string) => {
    const answers = await Promise.all(ways(id).map((way) => by.get(way)));
    expect(answers.every(({ text }) => text.includes(id) || text.includes('ReferralSent'))).toBe(true);
    return answers.map(({ text }) => clocks.test(text));
  };

  it('would name a sensitive service that answers within the hour: told to none who may not read which it is', async () => {
    const { caseId, consentId, referralId } = await sent(entraide, urgent);
    for (const by of [sante, entraide]) {
      await eventually(async () => expect(await tell(by, referralId)).toEqual([true, true, true]));
    }
    const history = await (await world.as(auditorOfCndp)).get(`/v1/audit/cases/${caseId}/history`);
    expect(history.body).toMatchObject({ referrals: [{ id: referralId }] });
    expect(history.text).not.toMatch(clocks);
    await move(sante, referralId, 'information-request', { about: 'place', question: 'Where?' });
    await move(entraide, referralId, 'information', { answer: 'Here.' });
    await entraide.post(`/v1/cases/${caseId}/consents/${consentId}/withdrawal`);
    await eventually(async () => expect(await tell(sante, referralId)).toEqual([false, false, false]));
  });

  it('is not told either in the moment between the end of the consent and the suspension', async () => {
    const caseId = await opened(entraide);
    const expiresAt = new Date(Date.now() + 1500).toISOString();
    const consent = await entraide.post(`/v1/cases/${caseId}/consents`, consentTo('sante', { expiresAt }));
    const sending = request(caseId, consent.id, urgent);
    const { id } = await entraide.post('/v1/health/referrals', sending);
    await eventually(async () => expect(await tell(sante, id)).toEqual([true, true, true]));
    const observer = world.service('health').observers.get('cases')!;
    await observer.stop();
    await new Promise((resolve) => setTimeout(resolve, Date.parse(expiresAt) - Date.now() + 20));
    const { status } = (await sante.get(ways(id)[0]!)).body;
    const told = await tell(sante, id);
    observer.start();
    expect([status, told]).toEqual(['sent', [false, false, false]]);
  });

  it('of any other service is what the receiver’s clock ran on', async () => {
    const { caseId, consentId, referralId } = await sent(entraide, { service: 'vaccination' });
    await entraide.post(`/v1/cases/${caseId}/consents/${consentId}/withdrawal`);
    await eventually(async () => expect((await sante.get(ways(referralId)[0]!)).body['status']).toBe('suspended'));
    expect(await tell(sante, referralId)).toEqual([false, false, true]);
  });
});
