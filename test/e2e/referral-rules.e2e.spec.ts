import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, type Client, eventually } from './client.js';
import { doctorBennis, fatima, hassan, karim, nadia, of, omar, salma } from './people.js';
import { consented, move, opened, referred, request, sent } from './stories.js';
import { World } from './world.js';

let world: World;
let sender: Client;
let receiver: Client;
let clinician: Client;
beforeAll(async () => {
  world = await World.start();
  sender = await world.as(fatima);
  receiver = await world.as(nadia);
  clinician = await world.as(doctorBennis);
});
afterAll(() => world.stop());

const read = (by: Client, id: string) => by.get(`/v1/health/referrals/${id}`);
const outcomes = (answers: readonly Answer[]) => answers.map(({ outcome }) => outcome);
const accepted = async (terms: object = {}) => {
  const { referralId } = await sent(sender, terms);
  expect((await move(receiver, referralId, 'acceptance')).outcome).toBe('200');
  return referralId;
};

describe('a refusal', () => {
  it.each([
    ['chronic-disease', 'not-eligible', undefined, '200'],
    ['chronic-disease', 'no-capacity', undefined, '200'],
    ['chronic-disease', 'identity-mismatch', undefined, '200'],
    ['chronic-disease', 'other', undefined, '400 request.invalid'],
    ['chronic-disease', 'other', 'The file names two people.', '200'],
    ['chronic-disease', 'too-poor', 'No.', '400 request.invalid'],
    ['maternal-health', 'not-eligible', 'No papers.', '400 request.invalid'],
    ['maternal-health', 'missing-information', 'No papers.', '400 request.invalid'],
    ['maternal-health', 'duplicate', undefined, '200'],
    ['maternal-health', 'no-capacity', 'Berkane has room.', '200'],
    ['emergency-care', 'identity-mismatch', 'Who is she?', '400 request.invalid'],
    ['vaccination', 'not-found', 'Nobody there.', '400 request.invalid'],
    ['sexual-violence-care', 'not-eligible', 'No complaint.', '400 request.invalid'],
    ['primary-care', 'other', undefined, '400 request.invalid'],
  ])('of %s for %s (note: %s) is answered %s', async (service, reason, note, outcome) => {
    const { referralId } = await sent(sender, { service });
    const answer = await move(receiver, referralId, 'refusal', { reason, ...(note && { note }) });
    expect(answer.outcome).toBe(outcome);
    expect((await read(sender, referralId)).body['status']).toBe(outcome === '200' ? 'declined' : 'sent');
  });
});

it('a refusal keeps its code apart from the reason for which the referral was sent', async () => {
  const { caseId, referralId } = await sent(sender);
  await move(receiver, referralId, 'refusal', { reason: 'duplicate' });
  const one = await read(sender, referralId);
  expect(one.body['reason']).toBe('Sixth month, no check-up so far.');
  expect(one.text).toContain('"duplicate"');
  const [listed] = await eventually(async () => {
    const { items } = await sender.get(`/v1/health/referrals?caseId=${caseId}&status=declined`);
    expect(items).toHaveLength(1);
    return items;
  });
  expect(listed!['reason']).not.toBe('duplicate');
});

describe('papers', () => {
  it.each(['primary-care', 'emergency-care', 'maternal-health', 'vaccination', 'sexual-violence-care'])(
    'are never asked for in %s',
    async (service) => {
      const { referralId } = await sent(sender, { service });
      const about = (what: string) =>
        move(receiver, referralId, 'information-request', { about: what, question: 'Which ones?' });
      expect((await about('documents')).outcome).toBe('409 referral.papers-not-required');
      expect((await about('place')).outcome).toBe('200');
    },
  );

  it('may be asked for elsewhere', async () => {
    const { referralId } = await sent(sender, { service: 'hospital-care' });
    const body = { about: 'documents', question: 'Any earlier report?' };
    expect((await move(receiver, referralId, 'information-request', body)).outcome).toBe('200');
  });
});

describe('the answer clock', () => {
  const hours = (answer: Answer) =>
    (Date.parse(answer.body['answerDueAt'] as string) - Date.parse(answer.body['sentAt'] as string)) / 3_600_000;

  it.each([
    ['chronic-disease', 'emergency', 24],
    ['chronic-disease', 'urgent', 72],
    ['chronic-disease', 'routine', 14 * 24],
    ['emergency-care', 'emergency', 1],
    ['sexual-violence-care', 'routine', 1],
  ])('of %s, %s, runs %d hours', async (service, urgency, expected) => {
    const { referralId } = await sent(sender, { service, urgency });
    expect(hours(await read(sender, referralId))).toBe(expected);
  });

  it('stops for a question and goes on with its answer', async () => {
    const { referralId } = await sent(sender, { service: 'chronic-disease' });
    const before = await read(sender, referralId);
    const asked = await move(receiver, referralId, 'information-request', { about: 'need', question: 'Since when?' });
    expect(asked.body).not.toHaveProperty('answerDueAt');
    expect((await read(sender, referralId)).body).not.toHaveProperty('answerDueAt');
    await new Promise((resolve) => setTimeout(resolve, 30));
    const told = await move(sender, referralId, 'information', { answer: 'Since spring.' });
    const late = (answer: Answer) => Date.parse(answer.body['answerDueAt'] as string);
    expect(late(told)).toBeGreaterThanOrEqual(late(before) + 30);
    expect(late(told)).toBeLessThan(late(before) + 60_000);
    expect((await move(receiver, referralId, 'acceptance')).body).not.toHaveProperty('answerDueAt');
  });

  it('is stopped by no question in an emergency', async () => {
    const { referralId } = await sent(sender, { urgency: 'emergency' });
    const before = await read(sender, referralId);
    const asked = await move(receiver, referralId, 'information-request', { about: 'place', question: 'Where?' });
    const told = await move(sender, referralId, 'information', { answer: 'At the bus station.' });
    for (const answer of [asked, told]) expect(answer.body['answerDueAt']).toBe(before.body['answerDueAt']);
  });
});

describe('a step', () => {
  const consultation = { at: '2026-11-20T09:00:00Z', facility: 'Al Farabi', findings: 'Healthy.' };

  it('begins the service and is recorded once', async () => {
    const referralId = await accepted();
    const first = await move(clinician, referralId, 'steps/consultation', consultation);
    expect([first.outcome, first.body['status']]).toEqual(['200', 'in-service']);
    const again = await move(clinician, referralId, 'steps/consultation', consultation);
    expect(again.outcome).toBe('409 service.step-repeated');
  });

  it('that the service lacks is refused, whatever comes with it', async () => {
    const referralId = await accepted();
    for (const step of ['surgery', 'constructor', '__proto__', 'toString', 'placement']) {
      const answer = await move(clinician, referralId, `steps/${step}`, { school: 'Ibn Sina' });
      expect([step, answer.outcome]).toEqual([step, '409 service.step-unknown']);
    }
  });

  it.each([
    ['a field of another step', { ...consultation, plan: 'Rest.' }, 'plan'],
    ['a missing field', { at: consultation.at, facility: 'Al Farabi' }, 'findings'],
    ['a day that does not exist', { ...consultation, at: '2026-02-30T09:00:00Z' }, 'at'],
    ['a number for words', { ...consultation, findings: 7 }, 'findings'],
    ['null', { ...consultation, findings: null }, 'findings'],
  ])('with %s is refused, and the field named', async (_, body, path) => {
    const referralId = await accepted();
    const answer = await move(clinician, referralId, 'steps/consultation', body);
    expect(answer.outcome).toBe('400 request.invalid');
    expect(answer.body['errors']).toContainEqual(expect.objectContaining({ path }));
  });

  it('with findings is for clinicians of the receiver', async () => {
    const referralId = await accepted();
    for (const who of [nadia, omar, fatima, hassan]) {
      const answer = await move(await world.as(who), referralId, 'steps/consultation', consultation);
      expect([who.sub, answer.outcome]).toEqual([who.sub, '403 access.forbidden']);
    }
    expect((await move(clinician, referralId, 'steps/consultation', consultation)).outcome).toBe('200');
  });

  it('shows its findings to clinicians of the receiver alone; the sender learns that it took place', async () => {
    const referralId = await accepted();
    await move(clinician, referralId, 'steps/consultation', { ...consultation, findings: 'Mild anaemia.' });
    const events = async (by: Client) => (await by.get(`/v1/health/referrals/${referralId}/events`)).text;
    expect(await events(clinician)).toContain('Mild anaemia.');
    for (const by of [receiver, sender]) {
      expect(await events(by)).not.toContain('Mild anaemia.');
      expect(await events(by)).toContain('consultation');
    }
    for (const by of [clinician, receiver, sender]) expect((await read(by, referralId)).text).not.toContain('anaemia');
  });

  it('is for a referral that was accepted', async () => {
    const { referralId } = await sent(sender);
    const answer = await move(clinician, referralId, 'steps/consultation', consultation);
    expect(answer.outcome).toBe('409 referral.illegal-transition');
  });

  it.each(['treated', 'referred-on', 'discharged'])('of consulting comes before the outcome %s', async (outcome) => {
    const referralId = await accepted();
    await move(receiver, referralId, 'start');
    expect((await move(receiver, referralId, 'completion', { outcome })).outcome).toBe(
      '409 health.consultation-missing',
    );
    await move(clinician, referralId, 'steps/consultation', consultation);
    expect((await move(receiver, referralId, 'completion', { outcome })).outcome).toBe('200');
  });
});

describe('an outcome', () => {
  it('is one of those the service has', async () => {
    const referralId = await accepted();
    await move(receiver, referralId, 'start');
    expect((await move(receiver, referralId, 'completion', { outcome: 'placed' })).outcome).toBe('400 request.invalid');
    expect((await move(receiver, referralId, 'completion', {})).outcome).toBe('400 request.invalid');
    const done = await move(receiver, referralId, 'completion', { outcome: 'partly-served', note: 'Two visits.' });
    expect(done.body).toMatchObject({ status: 'completed', outcome: 'partly-served' });
  });
});

describe('an appointment', () => {
  const at = (day: number) => ({ at: `2026-12-0${day}T08:30:00Z`, place: 'Maternité' });

  it.each([
    ['no-show', 'accepted'],
    ['cancelled-by-person', 'accepted'],
    ['cancelled-by-service', 'accepted'],
    ['attended', 'in-service'],
  ])('that ends as %s leads to %s', async (outcome, status) => {
    const referralId = await accepted();
    const scheduled = await move(receiver, referralId, 'appointment', at(1));
    expect(scheduled.body).toMatchObject({ status: 'scheduled', appointment: { at: '2026-12-01T08:30:00.000Z' } });
    const ended = await move(receiver, referralId, 'attendance', { outcome });
    expect(ended.body['status']).toBe(status);
    expect(ended.body).not.toHaveProperty('appointment');
  });

  it('that is missed in service leaves the service going', async () => {
    const referralId = await accepted();
    for (const action of ['start', 'appointment'])
      await move(receiver, referralId, action, action === 'start' ? {} : at(2));
    expect((await move(receiver, referralId, 'attendance', { outcome: 'no-show' })).body['status']).toBe('in-service');
    expect((await move(receiver, referralId, 'attendance', { outcome: 'no-show' })).outcome).toBe(
      '409 referral.illegal-transition',
    );
  });

  it('is read in UTC, wherever it was written', async () => {
    const referralId = await accepted();
    const answer = await move(receiver, referralId, 'appointment', { at: '2026-12-01T09:30:00+01:00', place: 'Salé' });
    expect(answer.body['appointment']).toMatchObject({ at: '2026-12-01T08:30:00.000Z', place: 'Salé' });
  });
});

describe('cancelling against completing', () => {
  it('lets the completion win once the service had begun', async () => {
    const referralId = await accepted();
    await move(receiver, referralId, 'start');
    await move(sender, referralId, 'cancellation-request', { reason: 'She moved.' });
    expect((await move(receiver, referralId, 'completion', { outcome: 'served' })).body['status']).toBe('completed');
    const late = await move(receiver, referralId, 'cancellation');
    expect(late.body).toMatchObject({ code: 'referral.illegal-transition', currentStatus: 'completed' });
  });

  it('has exactly one end when both come at once', async () => {
    const referralId = await accepted();
    await move(receiver, referralId, 'start');
    const both = await Promise.all([
      move(receiver, referralId, 'completion', { outcome: 'served' }),
      move(sender, referralId, 'cancellation-request', { reason: 'She moved.' }),
    ]);
    // A request that came first does not hinder the completion; one that came second finds it done.
    expect(both[0]?.outcome).toBe('200');
    expect(['200', '409 referral.illegal-transition']).toContain(both[1]?.outcome);
    expect((await read(sender, referralId)).body['status']).toBe('completed');
  });

  it('takes the supervisor seven days of silence', async () => {
    const referralId = await accepted();
    await move(sender, referralId, 'cancellation-request', { reason: 'She moved.' });
    expect((await move(sender, referralId, 'cancellation')).outcome).toBe('403 access.forbidden');
    const supervisor = await world.as(hassan);
    expect((await move(supervisor, referralId, 'cancellation')).outcome).toBe('409 referral.too-early');
    expect((await read(supervisor, referralId)).actions).not.toContain('cancellation');
  });
});

describe('a redirection', () => {
  const refused = async (id: string, by = receiver) => {
    const note = 'Full; Oujda has room.';
    expect((await move(by, id, 'refusal', { reason: 'no-capacity', note })).outcome).toBe('200');
  };

  it('makes a chain in which each follows the one before', async () => {
    const { caseId, referralId: first } = await sent(sender);
    const toOim = await consented(sender, caseId, 'oim');
    const toHcr = await consented(sender, caseId, 'hcr');
    await refused(first);
    const second = await move(sender, first, 'redirection', {
      receiver: 'oim',
      consentId: toOim,
      reason: 'Full there.',
    });
    expect(second.outcome).toBe('201');
    expect(second.headers.get('location')).toBe(`/v1/health/referrals/${second.id}`);
    expect(second.body).toMatchObject({
      status: 'sent',
      follows: first,
      receiver: 'oim',
      service: 'maternal-health',
      urgency: 'urgent',
      reason: 'Full there.',
    });
    await refused(second.id, await world.as(karim));
    const third = await move(sender, second.id, 'redirection', {
      receiver: 'hcr',
      consentId: toHcr,
      service: 'psychosocial-support',
      urgency: 'routine',
    });
    expect(third.body).toMatchObject({ follows: second.id, service: 'psychosocial-support', urgency: 'routine' });
    for (const id of [first, second.id]) expect((await read(sender, id)).body['status']).toBe('redirected');
    expect((await read(await world.as(salma), third.id)).body['status']).toBe('sent');
  });

  it('needs a consent that names the new receiver', async () => {
    const { caseId, consentId, referralId } = await sent(sender);
    await refused(referralId);
    const again = (body: object) => move(sender, referralId, 'redirection', body);
    const narrow = await consented(sender, caseId, 'oim', { dataClasses: ['protection'] });
    expect(
      outcomes([
        await again({ receiver: 'oim', consentId }),
        await again({ receiver: 'oim', consentId: narrow }),
        await again({ receiver: 'anapec', consentId }),
        await again({ receiver: 'sante', consentId, service: 'dentistry' }),
        await again({ receiver: 'oim', consentId, receiverUnit: 'sante/oujda' }),
        await again({ consentId }),
      ]),
    ).toEqual([
      '409 consent.missing',
      '409 consent.missing',
      '409 service.not-offered',
      '409 service.unknown',
      '400 request.invalid',
      '400 request.invalid',
    ]);
    expect((await read(sender, referralId)).body['status']).toBe('declined');
    expect((await again({ receiver: 'sante', receiverUnit: 'sante/nador', consentId })).outcome).toBe('201');
  });

  it('is not for a referral that is still in time', async () => {
    const { referralId, consentId } = await sent(sender);
    const answer = await move(sender, referralId, 'redirection', { receiver: 'sante', consentId });
    expect(answer.outcome).toBe('409 referral.illegal-transition');
  });
});

describe('a suggestion', () => {
  it('is what the sender sees, in words only while they may be shared', async () => {
    const referralId = await accepted();
    const body = { sector: 'employment', service: 'job-search', note: 'She was a seamstress.' };
    expect((await move(receiver, referralId, 'suggestion', body)).outcome).toBe('200');
    expect((await read(sender, referralId)).body['suggestions']).toMatchObject([body]);
    expect((await move(receiver, referralId, 'suggestion', { ...body, sector: 'housing' })).outcome).toBe(
      '400 request.invalid',
    );
  });
});

describe('a reopening', () => {
  it.each([
    ['declined', ['refusal', { reason: 'duplicate' }]],
    ['failed', ['failure', { reason: 'not-found' }]],
    ['completed', ['completion', { outcome: 'served' }]],
  ] as const)('leads back to %s, with what it ended with', async (status, [action, body]) => {
    const { referralId } = await sent(sender);
    if (status !== 'declined') {
      await move(receiver, referralId, 'acceptance');
      await move(receiver, referralId, 'start');
    }
    expect((await move(receiver, referralId, action, body)).body['status']).toBe(status);
    expect((await move(sender, referralId, 'review', { satisfied: false, note: 'Not yet.' })).body['status']).toBe(
      'closed',
    );
    const reopened = await move(sender, referralId, 'reopening', { reason: 'She came back.' });
    expect(reopened.body['status']).toBe(status);
    const { items } = await sender.get(`/v1/health/referrals/${referralId}/events`);
    expect(items.map(({ type }) => type).slice(-2)).toEqual(['ReferralReviewed', 'ReferralReopened']);
    expect(items.at(-3)).toMatchObject(body);
    expect((await move(sender, referralId, 'review', { satisfied: true, personInformed: true })).body['status']).toBe(
      'closed',
    );
  });

  it('leads back to cancelled', async () => {
    const { referralId } = await sent(sender);
    await move(sender, referralId, 'cancellation-request', { reason: 'Sent twice.' });
    await move(sender, referralId, 'review', { satisfied: true });
    expect((await move(sender, referralId, 'reopening', { reason: 'It was not.' })).body['status']).toBe('cancelled');
  });
});

describe('sending', () => {
  it('is refused for the first thing that is wrong with it', async () => {
    const caseId = await opened(sender);
    const consent = (terms: object = {}, to = 'sante') => consented(sender, caseId, to, terms);
    const good = await consent();
    const otherCase = await opened(sender);
    const elsewhere = await consented(sender, otherCase, 'sante');
    const send = (consentId: string, terms: object = {}, by = sender) =>
      by.post('/v1/health/referrals', request(caseId, consentId, terms));
    const unknown = '01920000-0000-7000-8000-000000000000';
    expect(
      outcomes([
        await send(good, { caseId: unknown }),
        await send(good, {}, receiver),
        await send(good, { service: 'dentistry', receiver: 'anapec' }),
        await send(good, { service: 'constructor' }),
        await send(unknown, { receiver: 'anapec' }),
        await send(good, { receiver: 'interieur' }),
        await send(unknown),
        await send(elsewhere),
        await send(await consent({}, 'hcr')),
        await send(await consent({ purpose: 'custody' }, 'oim'), { receiver: 'oim' }),
        await send(await consent({ basis: 'vital-interests' })),
        await send(await consent({ expiresAt: '2020-01-01T00:00:00Z' })),
        await send(good, { receiverUnit: 'hcr/rabat' }),
        await send(await consent({ basis: 'vital-interests' }), { urgency: 'emergency' }),
        await send(good, { receiverUnit: 'sante/oujda' }),
      ]),
    ).toEqual([
      '404 case.not-found',
      '404 case.not-found',
      '409 service.unknown',
      '409 service.unknown',
      '409 service.not-offered',
      '409 service.not-offered',
      '409 consent.missing',
      '409 consent.missing',
      '409 consent.missing',
      '409 consent.missing',
      '409 consent.missing',
      '409 consent.missing',
      '400 request.invalid',
      '201',
      '201',
    ]);
    const narrow = await send(await consent({ dataClasses: ['contact', 'protection'] }));
    expect(narrow.body).toMatchObject({ code: 'consent.missing', missing: ['identity'] });
  });

  it('stops when the case is closed, and keeps it open while it lasts', async () => {
    const { caseId, consentId, referralId } = await sent(sender);
    const close = () => sender.post(`/v1/cases/${caseId}/closure`, { reason: 'Left the country.' });
    const mayClose = async () => (await sender.get(`/v1/cases/${caseId}`)).actions.includes('closure');
    expect((await close()).outcome).toBe('409 case.has-open-work');
    expect(await mayClose()).toBe(false);
    const noted = await sender.post(`/v1/cases/${caseId}/notes`, { text: 'Leaves soon.' });
    expect(noted.actions).toEqual(['corrections', 'notes', 'assignment', 'consents', 'transfers']);
    await move(sender, referralId, 'cancellation-request', { reason: 'Left.' });
    await eventually(async () => expect(await mayClose()).toBe(true));
    expect((await close()).outcome).toBe('200');
    const late = [
      await sender.post('/v1/health/referrals', request(caseId, consentId)),
      await sender.post('/v1/health/referrals', request(caseId, consentId, { service: 'dentistry' })),
      await close(),
    ];
    expect(outcomes(late)).toEqual(['409 case.not-open', '409 case.not-open', '409 case.not-open']);
    expect((await sender.post(`/v1/cases/${caseId}/reopening`, { reason: 'Back.' })).body['status']).toBe('open');
    expect((await sender.post('/v1/health/referrals', request(caseId, consentId))).outcome).toBe('201');
  });

  it('to the own agency makes it both sides', async () => {
    const oim = await world.as(karim);
    const caseId = await opened(oim);
    const consentId = await consented(oim, caseId, 'oim');
    const referralId = await referred(oim, caseId, consentId, { receiver: 'oim', service: 'psychosocial-support' });
    const { actions } = await read(oim, referralId);
    expect(actions).toEqual(expect.arrayContaining(['acceptance', 'cancellation-request']));
    for (const [action, body] of [
      ['acceptance', {}],
      ['start', {}],
      ['completion', { outcome: 'served' }],
      ['review', { satisfied: true }],
    ] as const) {
      expect((await move(oim, referralId, action, body)).outcome).toBe('200');
    }
  });

  it('to a unit keeps it from the others', async () => {
    const { referralId } = await sent(sender, { receiverUnit: 'sante/oujda' });
    const oujda = await world.as(of(nadia, 'sante/oujda'));
    const nador = await world.as(of(nadia, 'sante/nador'));
    expect((await read(nador, referralId)).outcome).toBe('404 referral.not-found');
    expect((await move(nador, referralId, 'acceptance')).outcome).toBe('404 referral.not-found');
    expect((await read(oujda, referralId)).outcome).toBe('200');
    expect((await move(oujda, referralId, 'assignment', { subject: 'a', unit: 'hcr/x' })).outcome).toBe(
      '400 request.invalid',
    );
    const passedOn = await move(oujda, referralId, 'assignment', { subject: 'l.bennis', unit: 'sante/nador' });
    expect(passedOn.outcome).toBe('200');
    expect((await read(nador, referralId)).body).toMatchObject({ assignee: 'l.bennis', receiverUnit: 'sante/nador' });
    expect((await read(oujda, referralId)).outcome).toBe('404 referral.not-found');
  });
});
