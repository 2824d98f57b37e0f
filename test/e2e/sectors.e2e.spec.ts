import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, type Client, eventually } from './client.js';
import { aminata, auditorOfCndp, bouchra, fatima, hassan, karim, salma, youssef } from './people.js';
import { consented, opened } from './stories.js';
import { World } from './world.js';

let world: World;
const staff = {} as Record<'entraide' | 'supervisor' | 'school' | 'anapec' | 'oim' | 'hcr' | 'auditor', Client>;
beforeAll(async () => {
  world = await World.start();
  const people = {
    entraide: fatima,
    supervisor: hassan,
    school: bouchra,
    anapec: youssef,
    oim: karim,
    hcr: salma,
    auditor: auditorOfCndp,
  };
  for (const [name, employee] of Object.entries(people)) {
    staff[name as keyof typeof staff] = await world.as(employee);
  }
});
afterAll(() => world.stop());

interface Need {
  readonly service: string;
  readonly receiver: string;
  readonly dataClasses: readonly string[];
}
const school: Need = {
  service: 'school-enrolment',
  receiver: 'education-nationale',
  dataClasses: ['identity', 'education'],
};
const job: Need = {
  service: 'job-search',
  receiver: 'anapec',
  dataClasses: ['identity', 'contact', 'status', 'health', 'protection'],
};
const home: Need = {
  service: 'assisted-return',
  receiver: 'oim',
  dataClasses: ['identity', 'contact', 'status', 'protection'],
};

const send = (sector: string, caseId: string, consentId: string, terms: object): Promise<Answer> =>
  staff.entraide.post(`/v1/${sector}/referrals`, {
    ...{ caseId, consentId, urgency: 'routine', reason: 'She asks for it.' },
    ...terms,
  });

/** A referral on a consent of its own, accepted or not; a way to move it; who sent it. */
async function referred(sector: string, { service, receiver, dataClasses }: Need, told: object = aminata) {
  const caseId = await opened(staff.entraide, told);
  const consentId = await consented(staff.entraide, caseId, receiver, { dataClasses });
  const answer = await send(sector, caseId, consentId, { service, receiver });
  expect(answer.outcome).toBe('201');
  const path = `/v1/${sector}/referrals/${answer.id}`;
  const move = (by: Client, action: string, body: object = {}) => by.post(`${path}/${action}`, body);
  return { caseId, path, move };
}
type Moved = Awaited<ReturnType<typeof referred>>;

type Step = readonly [name: string, fields: object, outcome?: string];
async function record({ move }: Moved, by: Client, steps: readonly Step[]): Promise<void> {
  for (const [name, fields, outcome = '200'] of steps) {
    expect([name, (await move(by, `steps/${name}`, fields)).outcome]).toEqual([name, outcome]);
  }
}

/** What of the recorded steps a caller reads. */
async function fieldsOf({ path }: Pick<Moved, 'path'>, by: Client): Promise<Record<string, object>> {
  const { items } = await by.get(`${path}/events?limit=200`);
  const steps = items.filter(({ type }) => type === 'StepRecorded');
  return Object.fromEntries(steps.map(({ step, fields }) => [step as string, fields as object]));
}

type LogEvents = readonly Readonly<Record<string, unknown>>[];
const inTheLog = ({ caseId }: Moved, source: string): Promise<LogEvents> =>
  eventually(async () => {
    const { items } = await staff.auditor.get(`/v1/audit/events?caseId=${caseId}&source=${source}&limit=200`);
    expect(items.at(-1)).toMatchObject({ type: 'ReferralReviewed' });
    return items;
  });
const clearOf = (events: LogEvents, step: string) =>
  events
    .map(({ data, sealed }) => ({ ...(data as { step?: string; fields?: object }), sealed }))
    .find((it) => it.step === step);

const at = '2026-11-02T09:00:00.000Z';

describe('education', () => {
  it('enrols a child whatever its papers, and the sender hears of it', async () => {
    const told = await referred('education', school);
    const asked = { about: 'documents', question: 'Is there a birth certificate?' };
    expect((await told.move(staff.school, 'information-request', asked)).outcome).toBe(
      '409 referral.papers-not-required',
    );
    await told.move(staff.school, 'acceptance');
    await record(told, staff.school, [
      ['reception', { place: 'Délégation d’Oujda' }],
      ['level-assessment', { level: 'CE2', language: 'français' }],
      ['placement', { school: 'École Al Massira', province: 'Oujda-Angad', level: 'CE2' }],
    ]);
    expect((await told.move(staff.school, 'completion', { outcome: 'enrolled' })).outcome).toBe(
      '409 education.enrolment-missing',
    );
    const enrolment = { school: 'École Al Massira', level: 'CE2', massarCode: 'M130000001', provisional: true };
    await record(told, staff.school, [
      ['enrolment', { ...enrolment, provisional: 'yes' }, '400 request.invalid'],
      ['enrolment', enrolment],
      ['enrolment', enrolment, '409 service.step-repeated'],
      ['attendance-check', { attending: true }],
      ['consultation', {}, '409 service.step-unknown'],
    ]);
    expect(await fieldsOf(told, staff.school)).toMatchObject({ enrolment, reception: { place: 'Délégation d’Oujda' } });
    expect((await told.move(staff.school, 'completion', { outcome: 'enrolled' })).body['outcome']).toBe('enrolled');

    expect(await fieldsOf(told, staff.entraide)).toEqual({
      reception: { place: 'Délégation d’Oujda' },
      'level-assessment': {},
      placement: {},
      enrolment: {},
      'attendance-check': { attending: true },
    });
    expect((await told.move(staff.entraide, 'review', { satisfied: true })).outcome).toBe('200');
    const log = await inTheLog(told, 'education');
    expect(clearOf(log, 'enrolment')).toMatchObject({ fields: {}, sealed: [{ class: 'education' }] });
    expect(clearOf(log, 'reception')).toMatchObject({ fields: {}, sealed: [{ class: 'texts-education' }] });
    expect(JSON.stringify(log)).not.toMatch(/Massira|Oujda|M130000001|CE2|Aminata/);
  });

  it.each([
    ['not-eligible', 'No papers.', '400 request.invalid'],
    ['missing-information', 'No papers.', '400 request.invalid'],
    ['no-capacity', undefined, '400 request.invalid'],
    ['no-capacity', 'Room in Berkane.', '200'],
    ['duplicate', undefined, '200'],
  ])('refuses for %s (%s): %s', async (reason, note, outcome) => {
    const told = await referred('education', { ...school, service: 'literacy', dataClasses: ['identity'] });
    expect((await told.move(staff.school, 'refusal', { reason, note })).outcome).toBe(outcome);
  });

  it('supports pupils through HCR too, which enrols nobody', async () => {
    const support = { service: 'school-support', receiver: 'hcr', dataClasses: ['identity'] };
    const told = await referred('education', support);
    await told.move(staff.hcr, 'acceptance');
    await record(told, staff.hcr, [
      ['support', { kind: 'bicycle', schoolYear: '2026-2027', funder: 'HCR' }, '400 request.invalid'],
      ['support', { kind: 'tayssir', schoolYear: '2026-2027', funder: 'Fondation' }],
    ]);
    expect((await fieldsOf(told, staff.entraide))['support']).toEqual({
      kind: 'tayssir',
      schoolYear: '2026-2027',
      funder: 'Fondation',
    });
    expect((await told.move(staff.hcr, 'completion', { outcome: 'enrolled' })).outcome).toBe(
      '409 education.enrolment-missing',
    );
    const caseId = await opened(staff.entraide);
    const consentId = await consented(staff.entraide, caseId, 'hcr', { dataClasses: ['identity'] });
    const answer = await send('education', caseId, consentId, { service: 'school-enrolment', receiver: 'hcr' });
    expect(answer.outcome).toBe('409 service.not-offered');
  });
});

describe('employment', () => {
  it('leads from registration to a placement, and sees no health, protection or family', async () => {
    const told = await referred('employment', job);
    const seen = await staff.anapec.get(told.path);
    expect(seen.body['person']).toMatchObject({ givenName: 'Aminata', phone: aminata.person.phone });
    for (const hidden of ['vulnerabilities', 'household', 'health']) {
      expect(seen.body['person']).not.toHaveProperty(hidden);
    }
    await told.move(staff.anapec, 'acceptance');
    const profile = { occupations: ['7531'], languages: ['fr-B2', 'darija'] };
    await record(told, staff.anapec, [
      ['registration', { anapecNumber: 'OJ-2026-118' }],
      ['positioning-interview', { at, profile }],
      ['workshop', { topic: 'CV', at }],
      ['workshop', { topic: 'Entretien', at }],
      ['introduction', { employer: 'Textile du Nord', cvApproved: true }],
      ['contract-visa', { decidedBy: 'Travail', submittedOn: '2026-11-03', decision: 'favourable' }],
    ]);
    expect((await told.move(staff.anapec, 'completion', { outcome: 'placed' })).outcome).toBe(
      '409 employment.placement-missing',
    );
    const placement = {
      employer: 'Textile du Nord',
      startsOn: '2026-12-01',
      contract: 'CDD 6 mois',
      source: 'partner',
    };
    await record(told, staff.anapec, [
      ['placement', { ...placement, source: 'cousin' }, '400 request.invalid'],
      ['placement', placement],
      ['follow-up', { at, stillEmployed: true }],
      ['follow-up', { at, stillEmployed: false }],
    ]);
    expect(await fieldsOf(told, staff.entraide)).toMatchObject({
      registration: {},
      'positioning-interview': { at, profile },
      placement,
    });
    expect(await fieldsOf(told, staff.anapec)).toMatchObject({ registration: { anapecNumber: 'OJ-2026-118' } });
    expect((await told.move(staff.anapec, 'completion', { outcome: 'placed' })).outcome).toBe('200');
    await told.move(staff.entraide, 'review', { satisfied: true });
    const log = await inTheLog(told, 'employment');
    expect(clearOf(log, 'placement')).toMatchObject({ fields: { startsOn: '2026-12-01', source: 'partner' } });
    expect(JSON.stringify(log)).not.toMatch(/Textile|CDD|OJ-2026|7531|favourable/);
  });

  it('helps a person become self-employed, and assesses skills at any of four agencies', async () => {
    const told = await referred('employment', { ...job, service: 'self-employment' });
    await told.move(staff.anapec, 'acceptance');
    await record(told, staff.anapec, [
      ['orientation-interview', { at }],
      ['training', { topic: 'Gestion' }],
      ['business-plan', { title: 'Couture' }],
      ['project-validation', { members: ['ANAPEC', 'CRI'], decision: 'favourable' }],
      ['company-formalities', {}],
      ['microproject-grant', { amount: 0, funder: 'GIZ' }, '400 request.invalid'],
      ['microproject-grant', { amount: 30_000, funder: 'GIZ' }],
    ]);
    expect((await told.move(staff.anapec, 'completion', { outcome: 'business-created' })).outcome).toBe('200');
    for (const [receiver, by] of [
      ['hcr', staff.hcr],
      ['oim', staff.oim],
    ] as const) {
      const skills = { service: 'skills-assessment', receiver, dataClasses: ['identity'] };
      const assessed = await referred('employment', skills);
      await assessed.move(by, 'acceptance');
      await record(assessed, by, [
        ['assessment', { profile: { hobbies: [] } }, '400 request.invalid'],
        ['assessment', { profile: { languages: ['fr-C1'] } }],
      ]);
    }
  });
});

describe('voluntary return', () => {
  it('leads home, at no moment against the person’s word, and names each lacking step', async () => {
    const told = await referred('voluntary-return', home);
    await told.move(staff.oim, 'acceptance');
    const screening = { asylumExplained: true, wishesAsylum: false, riskOnReturn: 'None that she knows.' };
    const declaration = { signedAt: at, language: 'fr', givenBy: 'person', destination: 'Abidjan' };
    const check = { at, fitToTravel: true, validUntil: '2026-12-31T00:00:00.000Z' };
    await record(told, staff.oim, [
      ['protection-screening', screening],
      ['counselling', { at, language: 'fr', interpreter: false }],
      ['vulnerability-assessment', { categories: ['pregnant'] }],
      ['pre-departure-assistance', { kind: 'food' }],
      ['pre-departure-assistance', { kind: 'medical' }],
      ['health-check', check],
      ['declaration', declaration],
      ['financial-aid', { amount: 1500 }],
      ['travel-document', { kind: 'laissez-passer', issuedBy: 'Consulat' }],
      ['booking', { travelOn: '2026-12-01', route: 'Casablanca–Abidjan', travellers: 2 }],
    ]);
    expect((await told.move(staff.oim, 'completion', { outcome: 'returned' })).outcome).toBe(
      '409 voluntary-return.departure-missing',
    );
    await record(told, staff.oim, [['departure', { at, confirmedVoluntary: true }]]);
    expect(await fieldsOf(told, staff.oim)).toMatchObject({ 'protection-screening': screening, 'health-check': check });
    const { at: _sealed, ...shown } = check;
    expect(await fieldsOf(told, staff.entraide)).toMatchObject({
      'protection-screening': {},
      'vulnerability-assessment': {},
      'health-check': shown,
      declaration,
      'travel-document': {},
      booking: { route: 'Casablanca–Abidjan', travellers: 2 },
    });
    expect((await told.move(staff.oim, 'completion', { outcome: 'returned' })).outcome).toBe('200');
    await told.move(staff.entraide, 'review', { satisfied: true });
    const log = await inTheLog(told, 'voluntary-return');
    expect(clearOf(log, 'health-check')).toMatchObject({ fields: shown, sealed: [{ class: 'health' }] });
    expect(clearOf(log, 'health-check')?.fields).not.toHaveProperty('at');
    expect(JSON.stringify(log)).not.toMatch(/Abidjan|laissez|None that|pregnant/);
  });

  it('takes the word of whoever may give it, in words that stay sealed', async () => {
    const told = await referred('voluntary-return', home);
    await told.move(staff.oim, 'acceptance');
    const declaration = { signedAt: at, language: 'fr', destination: 'Abidjan', givenBy: 'her tutor' };
    await record(told, staff.oim, [
      ['declaration', { ...declaration, givenBy: '' }, '400 request.invalid'],
      ['declaration', declaration],
    ]);
    for (const by of [staff.oim, staff.entraide]) expect(await fieldsOf(told, by)).toEqual({ declaration });
    await told.move(staff.oim, 'completion', { outcome: 'refused-by-person' });
    await told.move(staff.entraide, 'review', { satisfied: true });
    expect(clearOf(await inTheLog(told, 'voluntary-return'), 'declaration')?.fields).toEqual({ signedAt: at });
  });

  it('may find nothing to name', async () => {
    const told = await referred('voluntary-return', home);
    await told.move(staff.oim, 'acceptance');
    await record(told, staff.oim, [
      ['vulnerability-assessment', { categories: [''] }, '400 request.invalid'],
      ['vulnerability-assessment', { categories: [] }],
    ]);
    expect(await fieldsOf(told, staff.oim)).toEqual({ 'vulnerability-assessment': { categories: [] } });
  });

  it('follows the person home on a consent of its own', async () => {
    const told = await referred('voluntary-return', {
      ...{ service: 'reintegration', receiver: 'oim', dataClasses: ['identity', 'contact'] },
    });
    await told.move(staff.oim, 'acceptance');
    await record(told, staff.oim, [
      ['arrival', { at }],
      ['reintegration-support', { kind: 'Micro-entreprise' }],
      ['departure', { at, confirmedVoluntary: true }, '409 service.step-unknown'],
    ]);
    const done = { outcome: 'reintegrated' };
    expect((await told.move(staff.oim, 'completion', done)).outcome).toBe('409 voluntary-return.monitoring-missing');
    await record(told, staff.oim, [['monitoring', { at, situation: 'Works.' }]]);
    expect((await told.move(staff.oim, 'completion', done)).outcome).toBe('200');
  });

  it('is OIM’s own to send and to answer; what was found is shown only while it is worked on', async () => {
    const caseId = await opened(staff.oim);
    const consentId = await consented(staff.oim, caseId, 'oim', { dataClasses: home.dataClasses });
    const terms = { caseId, consentId, service: 'assisted-return', receiver: 'oim', urgency: 'routine' };
    const { id } = await staff.oim.post('/v1/voluntary-return/referrals', { ...terms, reason: 'Asks to go.' });
    const path = `/v1/voluntary-return/referrals/${id}`;
    await staff.oim.post(`${path}/acceptance`);
    const found = { categories: ['single-parent'] };
    await staff.oim.post(`${path}/steps/vulnerability-assessment`, found);
    expect(await fieldsOf({ path }, staff.oim)).toEqual({ 'vulnerability-assessment': found });
    await staff.oim.post(`${path}/completion`, { outcome: 'partly-served' });
    expect(await fieldsOf({ path }, staff.oim)).toEqual({ 'vulnerability-assessment': {} });
  });

  it('ends at the person’s word, and rests on nothing but that', async () => {
    const told = await referred('voluntary-return', home);
    await told.move(staff.oim, 'acceptance');
    await told.move(staff.oim, 'start');
    expect((await told.move(staff.oim, 'completion', { outcome: 'refused-by-person' })).outcome).toBe('200');
    const caseId = await opened(staff.entraide);
    const basis = { basis: 'best-interests-of-child', reason: 'So the panel said.' };
    const terms = { dataClasses: home.dataClasses, ...basis };
    const consentId = await consented(staff.supervisor, caseId, 'oim', terms);
    const refused = await send('voluntary-return', caseId, consentId, { service: 'assisted-return', receiver: 'oim' });
    expect(refused.outcome).toBe('409 consent.missing');
  });
});

describe('in every sector but health', () => {
  it.each([
    ['education', 'school-enrolment', 'education-nationale'],
    ['employment', 'skills-assessment', 'anapec'],
    ['voluntary-return', 'assisted-return', 'oim'],
  ])('%s: no vital interests stand in for consent, and nobody else is asked', async (sector, service, receiver) => {
    const caseId = await opened(staff.entraide);
    const dataClasses = ['identity', 'contact', 'status'];
    const consentId = await consented(staff.entraide, caseId, receiver, { dataClasses, basis: 'vital-interests' });
    const terms = { service, receiver, urgency: 'emergency' };
    expect((await send(sector, caseId, consentId, terms)).outcome).toBe('409 consent.missing');
    const toSante = await consented(staff.entraide, caseId, 'sante', { dataClasses });
    const elsewhere = await send(sector, caseId, toSante, { ...terms, receiver: 'sante' });
    expect(elsewhere.outcome).toBe('409 service.not-offered');
  });

  it('tells of services in three languages, with clock, classes and fields', async () => {
    const titles: unknown[] = [];
    for (const language of ['fr', 'ar', 'en']) {
      const { items } = await staff.school.get('/v1/voluntary-return/services', { 'accept-language': language });
      titles.push(items[0]!['title']);
    }
    expect(titles).toEqual(['Retour volontaire assisté', 'العودة الطوعية المدعومة', 'Assisted voluntary return']);
    const { items } = await staff.school.get('/v1/employment/services');
    expect(items[0]).toMatchObject({
      clock: 'working',
      answerWithin: { emergency: 'PT24H', urgent: 'PT72H', routine: 'P14D' },
      dataClasses: { required: ['identity', 'contact', 'status'], optional: ['employment', 'education'] },
      stepFields: { placement: { source: { kind: 'code', values: ['anapec', 'own-search', 'partner'] } } },
    });
  });
});
