import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Client, eventually } from './client.js';
import { aminata, auditorOfCndp, doctorBennis, fatima, karim, nadia, ousmane, salma } from './people.js';
import { consented, handedOver, move, offer, opened, referred } from './stories.js';
import type { Installation } from './world.js';

/** Whole cases across services, through HTTP alone. */
export function journeys(start: () => Promise<Installation>): void {
  let world: Installation;
  let entraide: Client;
  let sante: Client;
  let clinician: Client;
  let oim: Client;
  let hcr: Client;
  let auditor: Client;
  beforeAll(async () => {
    world = await start();
    [entraide, sante, clinician, oim, hcr, auditor] = (await Promise.all(
      [fatima, nadia, doctorBennis, karim, salma, auditorOfCndp].map((employee) => world.as(employee)),
    )) as [Client, Client, Client, Client, Client, Client];
  });
  afterAll(() => world.stop());

  it('an expectant mother is referred, cared for, and her caseworker hears back', async () => {
    const caseId = await opened(entraide, aminata);
    const consentId = await consented(entraide, caseId, 'sante');
    const referralId = await referred(entraide, caseId, consentId);

    await eventually(async () => {
      const worklist = await sante.get('/v1/health/referrals?direction=incoming&status=sent');
      expect(worklist.items).toMatchObject([{ id: referralId, urgency: 'urgent' }]);
    });
    const told: (readonly [Client, string, object, string])[] = [
      [sante, 'acknowledgement', {}, 'acknowledged'],
      [sante, 'assignment', { subject: 'l.bennis' }, 'acknowledged'],
      [sante, 'information-request', { about: 'person', question: 'Which language?' }, 'information-requested'],
      [entraide, 'information', { answer: 'French.' }, 'acknowledged'],
      [clinician, 'acceptance', { note: 'Welcome.' }, 'accepted'],
      [sante, 'appointment', { at: '2026-12-01T09:00:00Z', place: 'Maternité d’Oujda' }, 'scheduled'],
      [sante, 'attendance', { outcome: 'attended' }, 'in-service'],
      [
        clinician,
        'steps/consultation',
        { at: '2026-12-01T09:20:00Z', facility: 'Al Farabi', findings: 'Both well.' },
        'in-service',
      ],
      [clinician, 'steps/follow-up', { dueOn: '2026-12-15' }, 'in-service'],
      [sante, 'hold', { reason: 'Travels to Fès.', until: '2026-12-10T00:00:00Z' }, 'on-hold'],
      [sante, 'resumption', {}, 'in-service'],
      [sante, 'suggestion', { sector: 'health', service: 'vaccination', note: 'For the child.' }, 'in-service'],
      [clinician, 'completion', { outcome: 'treated', note: 'Care goes on locally.' }, 'completed'],
      [entraide, 'review', { satisfied: true, personInformed: true }, 'closed'],
    ];
    for (const [by, action, body, status] of told) {
      const answer = await move(by, referralId, action, body);
      expect([action, answer.outcome, answer.body['status']]).toEqual([action, '200', status]);
    }

    const timeline = await eventually(async () => {
      const answer = await entraide.get(`/v1/cases/${caseId}/timeline?limit=200`);
      expect(answer.items.at(-1)).toMatchObject({ type: 'ReferralReviewed' });
      return answer;
    });
    const types = timeline.items.map(({ type }) => type);
    expect(types).toEqual([
      'CaseOpened',
      'ConsentRecorded',
      'ReferralSent',
      'ReferralAcknowledged',
      'ReferralAssigned',
      'InformationRequested',
      'InformationGiven',
      'ReferralAccepted',
      'AppointmentScheduled',
      'AppointmentAttended',
      'StepRecorded',
      'StepRecorded',
      'ServicePutOnHold',
      'ServiceResumed',
      'NextServiceSuggested',
      'ServiceCompleted',
      'ReferralReviewed',
    ]);
    expect(timeline.items[7]).toMatchObject({
      source: 'health',
      referralId,
      actor: { agency: 'sante', role: 'clinician' },
    });
    for (const { summary, type } of timeline.items) expect(summary).not.toBe(type);
    expect(timeline.text).not.toMatch(/Aminata|Both well|maternal|Maternité|vaccination/);

    const events = await entraide.get(`/v1/health/referrals/${referralId}/events?limit=200`);
    expect(events.items.map(({ version }) => version)).toEqual(events.items.map((_, index) => index + 1));
    expect(events.items.map(({ type }) => type)).toEqual(types.slice(2));
    for (const words of ['Which language?', 'French.', 'Welcome.', 'For the child.', 'Care goes on locally.'])
      expect(events.text).toContain(words);
    expect(events.text).not.toContain('Both well.');

    const log = await eventually(async () => {
      const answer = await auditor.get(`/v1/audit/events?caseId=${caseId}&limit=200`);
      expect(answer.items.filter(({ source }) => source === 'health')).toHaveLength(15);
      return answer;
    });
    expect(log.text).not.toMatch(/Aminata|Diallo|\+2126|1998-04-12|Both well|maternal-health|Welcome/);
  });

  it('the timeline pages in the order of events, and goes on from its cursor', async () => {
    const caseId = await opened(entraide);
    for (const text of ['One.', 'Two.', 'Three.', 'Four.']) await entraide.post(`/v1/cases/${caseId}/notes`, { text });
    const whole = (await entraide.get(`/v1/cases/${caseId}/timeline`)).items;
    const paged: unknown[] = [];
    let cursor = '';
    for (;;) {
      const page = await entraide.get(`/v1/cases/${caseId}/timeline?limit=2${cursor}`);
      paged.push(...page.items);
      if (page.next === null) break;
      cursor = `&cursor=${encodeURIComponent(page.next)}`;
    }
    expect(paged).toEqual(whole);
    const inEnglish = await entraide.get(`/v1/cases/${caseId}/timeline?limit=1`, { 'accept-language': 'en' });
    const inArabic = await entraide.get(`/v1/cases/${caseId}/timeline?limit=1`, { 'accept-language': 'ar' });
    expect([inEnglish, inArabic].map(({ items }) => items[0]!['summary'])).toEqual(['Case opened', 'فُتح الملف']);
  });

  it('a case moves to OIM, is refused by HCR once, and moves on', async () => {
    const caseId = await opened(entraide, ousmane);
    await handedOver(entraide, oim, caseId, 'oim', ['identity', 'contact', 'status']);
    const consentId = await consented(oim, caseId, 'hcr', { purpose: 'custody', dataClasses: ['identity', 'status'] });
    const propose = (terms: object = {}) =>
      oim.post(`/v1/cases/${caseId}/transfers`, offer('hcr', consentId, { reason: 'asylum', ...terms }));

    const first = await propose();
    await eventually(async () => {
      const offers = await hcr.get('/v1/transfers?direction=incoming&status=proposed');
      expect(offers.items).toMatchObject([{ id: first.id, caseId, from: 'oim', reason: 'asylum' }]);
    });
    const refusal = { reason: 'insufficient-information', note: 'No interview notes.' };
    const refused = await hcr.post(`/v1/cases/${caseId}/transfers/${first.id}/refusal`, refusal);
    expect(refused.body['status']).toBe('refused');
    expect((await hcr.get(`/v1/cases/${caseId}`)).outcome).toBe('404 case.not-found');

    const second = await propose({ note: 'Notes attached.' });
    expect((await hcr.get(`/v1/cases/${caseId}/transfers/${second.id}`)).text).toContain('Notes attached.');
    await hcr.post(`/v1/cases/${caseId}/transfers/${second.id}/acceptance`);
    const { body, text } = await hcr.get(`/v1/cases/${caseId}`);
    expect(body).toMatchObject({ custodian: 'hcr', person: { givenName: 'Ousmane' } });
    expect(text).not.toContain('+212600000002');
    for (const by of [entraide, oim]) expect((await by.get(`/v1/cases/${caseId}`)).outcome).toBe('404 case.not-found');

    const history = await auditor.get(`/v1/audit/cases/${caseId}/history`);
    expect(history.body).toMatchObject({
      case: {
        custodian: 'hcr',
        transfers: [
          { from: 'entraide-nationale', to: 'oim', status: 'accepted' },
          { from: 'oim', to: 'hcr', status: 'refused' },
          { from: 'oim', to: 'hcr', status: 'accepted' },
        ],
      },
    });
  });

  it('a referral stays with its sender when the case moves on', async () => {
    const caseId = await opened(entraide);
    const consentId = await consented(entraide, caseId, 'sante');
    const referralId = await referred(entraide, caseId, consentId);
    await handedOver(entraide, oim, caseId, 'oim');
    await oim.post(`/v1/cases/${caseId}/corrections`, { person: { alias: 'Mina' }, reason: 'Told later.' });
    await move(sante, referralId, 'acceptance');
    const seen = await entraide.get(`/v1/health/referrals/${referralId}`);
    expect(seen.body).toMatchObject({ status: 'accepted', sender: 'entraide-nationale' });
    expect(seen.text).not.toContain('Mina');
    expect((await oim.get(`/v1/health/referrals/${referralId}`)).outcome).toBe('404 referral.not-found');
    const again = { caseId, consentId, service: 'vaccination', receiver: 'sante', urgency: 'routine', reason: 'Due.' };
    expect((await entraide.post('/v1/health/referrals', again)).outcome).toBe('404 case.not-found');
    expect((await oim.post('/v1/health/referrals', again)).outcome).toBe('201');
  });
}
