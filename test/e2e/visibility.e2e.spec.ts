import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, eventually } from './client.js';
import {
  aminata,
  auditorOfCndp,
  auditorOfSante,
  doctorBennis,
  type Employee,
  fatima,
  hassan,
  ibrahim,
  karim,
  nadia,
  of,
  salma,
  youssef,
} from './people.js';
import { consented, consentTo, handedOver, move, offer, offered, opened, referred, sent } from './stories.js';
import { World } from './world.js';

let world: World;
let entraide: Client;
let oim: Client;
let hcr: Client;
let sante: Client;
let anapec: Client;
beforeAll(async () => {
  world = await World.start();
  [entraide, oim, hcr, sante, anapec] = (await Promise.all(
    [fatima, karim, salma, nadia, youssef].map((employee) => world.as(employee)),
  )) as [Client, Client, Client, Client, Client];
});
afterAll(() => world.stop());

const situated = { ...aminata, person: { ...aminata.person, address: '12, derb Sidi Bou' } };
const read = (by: Client, caseId: string) => by.get(`/v1/cases/${caseId}`);

describe('a case', () => {
  it('is its custodian’s, whole, and nobody else’s', async () => {
    const caseId = await opened(entraide, situated);
    const { body, headers } = await read(entraide, caseId);
    expect(body).toMatchObject({
      status: 'open',
      custodian: 'entraide-nationale',
      minor: false,
      version: 1,
      person: situated.person,
      situation: situated.situation,
      reception: situated.reception,
      consents: [],
      transfers: [],
    });
    expect(body['reference']).toMatch(/^IH-26-[2-9A-HJ-NP-Z]{5,}$/);
    expect(headers.get('cache-control')).toBe('no-store');
    for (const by of [oim, hcr, sante, anapec]) expect((await read(by, caseId)).outcome).toBe('404 case.not-found');
    expect(JSON.stringify(body)).not.toContain('null');
  });

  it('that is offered shows the classes of the offer’s consent, as long as the offer stands', async () => {
    const caseId = await opened(entraide, situated);
    await entraide.post(`/v1/cases/${caseId}/notes`, { text: 'Afraid of her cousin.' });
    await consented(entraide, caseId, 'sante');
    const transferId = await offered(entraide, caseId, 'oim', ['identity', 'protection']);
    const { body, text } = await read(oim, caseId);
    expect(body).toMatchObject({
      custodian: 'entraide-nationale',
      person: { givenName: 'Aminata', dateOfBirth: '1998-04-12' },
      situation: { vulnerabilities: ['pregnant'] },
      transfers: [{ id: transferId, status: 'proposed' }],
      allowedActions: [],
    });
    for (const hidden of ['+212600000001', 'derb', 'irregular', 'trafficking', 'household', 'cousin', 'consents'])
      expect(text).not.toContain(hidden);
    for (const by of [hcr, sante, anapec]) expect((await read(by, caseId)).outcome).toBe('404 case.not-found');
    for (const path of ['consents', 'timeline']) {
      expect((await oim.get(`/v1/cases/${caseId}/${path}`)).outcome).toBe('403 access.forbidden');
    }
    expect((await oim.post(`/v1/cases/${caseId}/notes`, { text: 'Mine.' })).outcome).toBe('403 access.forbidden');

    const refused = await oim.post(`/v1/cases/${caseId}/transfers/${transferId}/refusal`, { reason: 'no-capacity' });
    expect(refused.body['status']).toBe('refused');
    expect((await read(oim, caseId)).outcome).toBe('404 case.not-found');
    const left = await oim.get(`/v1/cases/${caseId}/transfers/${transferId}`);
    expect(left.body).toMatchObject({ status: 'refused', from: 'entraide-nationale', to: 'oim' });
    expect(left.text).not.toMatch(/Aminata|Diallo|1998/);
    const late = await oim.post(`/v1/cases/${caseId}/transfers/${transferId}/acceptance`);
    expect(late.outcome).toBe('409 transfer.not-open');
  });

  it('that was taken back is seen no more, and a late move learns so', async () => {
    const caseId = await opened(entraide, situated);
    const transferId = await offered(entraide, caseId, 'oim');
    const path = `/v1/cases/${caseId}/transfers/${transferId}`;
    expect((await entraide.post(`${path}/withdrawal`, { reason: 'Typed wrong.' })).body['status']).toBe('withdrawn');
    expect((await read(oim, caseId)).outcome).toBe('404 case.not-found');
    expect((await oim.post(`${path}/acceptance`)).outcome).toBe('409 transfer.not-open');
    expect((await oim.post(`${path}/refusal`, { reason: 'not-eligible' })).outcome).toBe('409 transfer.not-open');
    expect((await hcr.get(path)).outcome).toBe('404 transfer.not-found');
    expect((await entraide.post(`${path}/withdrawal`, {})).outcome).toBe('409 transfer.not-open');
  });

  it('that moved belongs to the new custodian, with the classes it was given and what it records itself', async () => {
    const caseId = await opened(entraide, situated);
    await entraide.post(`/v1/cases/${caseId}/notes`, { text: 'Afraid of her cousin.' });
    await handedOver(entraide, oim, caseId, 'oim', ['identity', 'status']);
    const taken = await read(oim, caseId);
    expect(taken.body).toMatchObject({
      custodian: 'oim',
      person: { givenName: 'Aminata' },
      situation: { legalStatus: 'irregular' },
    });
    for (const hidden of ['+2126', 'derb', 'pregnant', 'trafficking', 'cousin', 'household'])
      expect(taken.text).not.toContain(hidden);
    const corrected = await oim.post(`/v1/cases/${caseId}/corrections`, {
      person: { phone: '+212699999999' },
      situation: { legalStatus: 'asylum-seeker', vulnerabilities: ['older-person'] },
      reason: 'Told at the desk.',
    });
    expect(corrected.body).toMatchObject({
      person: { givenName: 'Aminata', phone: '+212699999999' },
      situation: { legalStatus: 'asylum-seeker', vulnerabilities: ['older-person'] },
    });
    expect((await oim.get(`/v1/cases/${caseId}/consents`)).outcome).toBe('200');

    for (const path of ['', '/consents', '/timeline', '/consents/x', '/transfers/x']) {
      expect((await entraide.get(`/v1/cases/${caseId}${path}`)).status).toBe(404);
    }
    for (const action of ['notes', 'closure', 'corrections', 'assignment', 'consents', 'transfers', 'reopening']) {
      expect([action, (await entraide.post(`/v1/cases/${caseId}/${action}`)).outcome]).toEqual([
        action,
        '404 case.not-found',
      ]);
    }
    const { reference } = taken.body as { reference: string };
    await eventually(async () => {
      expect((await oim.get(`/v1/cases?reference=${reference}`)).items).toMatchObject([{ id: caseId }]);
      expect((await entraide.get(`/v1/cases?reference=${reference}`)).items).toEqual([]);
    });
  });

  it('that comes back shows its first custodian its own words again, and not the other one’s', async () => {
    const caseId = await opened(entraide, situated);
    await entraide.post(`/v1/cases/${caseId}/notes`, { text: 'Ours.' });
    await handedOver(entraide, oim, caseId, 'oim', ['identity']);
    await oim.post(`/v1/cases/${caseId}/notes`, { text: 'Theirs.' });
    await oim.post(`/v1/cases/${caseId}/corrections`, {
      person: { familyName: 'Diallo Bah', email: 'aminata@example.org' },
      reason: 'Passport seen.',
    });
    await handedOver(oim, entraide, caseId, 'entraide-nationale', ['identity']);
    const { text, body } = await read(entraide, caseId);
    expect(body).toMatchObject({ person: { familyName: 'Diallo Bah', phone: '+212600000001' } });
    expect(body['notes']).toMatchObject([{ text: 'Ours.' }]);
    for (const hidden of ['Theirs.', 'aminata@example.org', 'Passport']) expect(text).not.toContain(hidden);
  });

  it('moves once to the agency that accepts, and not before', async () => {
    const caseId = await opened(entraide);
    const transferId = await offered(entraide, caseId, 'oim');
    const accept = (by: Client) => by.post(`/v1/cases/${caseId}/transfers/${transferId}/acceptance`);
    expect((await accept(hcr)).outcome).toBe('404 transfer.not-found');
    expect((await accept(entraide)).outcome).toBe('403 access.forbidden');
    expect((await read(entraide, caseId)).body['custodian']).toBe('entraide-nationale');
    expect((await accept(oim)).body['status']).toBe('accepted');
    expect((await accept(oim)).outcome).toBe('409 transfer.not-open');
  });

  it('is offered on a consent for that agency and that purpose, one offer at a time, to agencies that hold cases', async () => {
    const caseId = await opened(entraide);
    const custody = await consented(entraide, caseId, 'oim', { purpose: 'custody' });
    const referral = await consented(entraide, caseId, 'oim');
    const expired = await consented(entraide, caseId, 'oim', { purpose: 'custody', expiresAt: '2021-05-01T00:00:00Z' });
    const propose = (to: string, consentId: string, terms: object = {}) =>
      entraide.post(`/v1/cases/${caseId}/transfers`, offer(to, consentId, terms));
    const tried = [
      await propose('entraide-nationale', custody),
      await propose('sante', custody),
      await propose('nobody', custody),
      await propose('hcr', custody),
      await propose('oim', referral),
      await propose('oim', expired),
      await propose('oim', caseId),
      await propose('oim', custody, { reason: 'because' }),
      await propose('oim', custody, { unit: 'hcr/rabat' }),
      await propose('oim', custody, { unit: 'oim/rabat' }),
      await propose('sante', caseId),
    ];
    expect(tried.map(({ outcome }) => outcome)).toEqual([
      ...Array.from({ length: 3 }, () => '409 transfer.recipient-not-allowed'),
      ...Array.from({ length: 4 }, () => '409 consent.missing'),
      '400 request.invalid',
      '400 request.invalid',
      '201',
      '409 transfer.already-proposed',
    ]);
    const shown = await read(entraide, caseId);
    expect(shown.actions).not.toContain('transfers');
    expect(shown.actions).not.toContain('closure');
  });

  it('of a child takes its guardian’s consent', async () => {
    const caseId = await opened(entraide, ibrahim);
    expect((await read(entraide, caseId)).body['minor']).toBe(true);
    const consent = (terms: object) => entraide.post(`/v1/cases/${caseId}/consents`, consentTo('sante', terms));
    expect((await consent({})).outcome).toBe('409 consent.guardian-needed');
    expect((await consent({ givenBy: 'guardian' })).outcome).toBe('201');
    const supervisor = await world.as(hassan);
    const best = { basis: 'best-interests-of-child', reason: 'Panel of 3 November.' };
    expect((await consent(best)).outcome).toBe('403 access.forbidden');
    const decided = await supervisor.post(`/v1/cases/${caseId}/consents`, consentTo('sante', best));
    expect(decided.body).toMatchObject({ status: 'active', reason: 'Panel of 3 November.' });
  });

  it('that is closed starts nothing, and says what is left to do', async () => {
    const caseId = await opened(entraide);
    const consentId = await consented(entraide, caseId, 'oim', { purpose: 'custody' });
    const closed = await entraide.post(`/v1/cases/${caseId}/closure`, { reason: 'Went home.' });
    expect(closed.body['status']).toBe('closed');
    expect(closed.actions).toContain('reopening');
    for (const [action, body] of [
      ['consents', consentTo('sante')],
      ['transfers', offer('oim', consentId)],
      ['closure', { reason: 'again' }],
      ['assignment', { subject: 'h.tazi' }],
    ] as const) {
      expect(closed.actions).not.toContain(action);
      expect((await entraide.post(`/v1/cases/${caseId}/${action}`, body)).outcome).toBe('409 case.not-open');
    }
    const reopened = await entraide.post(`/v1/cases/${caseId}/reopening`, { reason: 'Is back.' });
    expect(reopened.body['status']).toBe('open');
    expect(reopened.actions).not.toContain('reopening');
  });
});

describe('roles', () => {
  it.each(['auditor', 'statistician', 'administrator', 'clinician'])('a custodian’s %s sees no case', async (role) => {
    const { caseId, referralId } = await sent(entraide);
    const by = await world.as({ agency: 'entraide-nationale', roles: [role], sub: `x.${role}` });
    expect((await read(by, caseId)).outcome).toBe('403 access.forbidden');
    expect((await by.get('/v1/cases')).outcome).toBe('403 access.forbidden');
    expect((await by.post('/v1/cases', aminata)).outcome).toBe('403 access.forbidden');
    expect((await move(by, referralId, 'review', { satisfied: true })).outcome).toBe('403 access.forbidden');
    expect((await read(by, caseId)).text).not.toContain('Aminata');
  });

  it.each<Employee>([nadia, youssef, doctorBennis, auditorOfCndp])(
    '$sub of $agency opens no case',
    async (employee) => {
      expect((await (await world.as(employee)).post('/v1/cases', aminata)).outcome).toBe('403 access.forbidden');
    },
  );
});

describe('a receiver', () => {
  it('meets the person inside the referral: what is consented and the service asks for', async () => {
    const caseId = await opened(entraide, situated);
    const consentId = await consented(entraide, caseId, 'sante', {
      dataClasses: ['identity', 'contact', 'violence', 'status', 'family'],
    });
    const referralId = await referred(entraide, caseId, consentId, { note: 'Comes with her aunt.' });
    const seen = await sante.get(`/v1/health/referrals/${referralId}`);
    expect(seen.body).toMatchObject({
      service: 'maternal-health',
      person: { givenName: 'Aminata', phone: '+212600000001', vulnerabilities: ['trafficking-victim'] },
      reason: 'Sixth month, no check-up so far.',
      note: 'Comes with her aunt.',
    });
    for (const hidden of ['irregular', 'pregnant', 'household']) expect(seen.text).not.toContain(hidden);
    expect((await read(sante, caseId)).outcome).toBe('404 case.not-found');
    for (const by of [oim, hcr, anapec]) {
      for (const path of ['', '/events']) {
        expect((await by.get(`/v1/health/referrals/${referralId}${path}`)).outcome).toBe('404 referral.not-found');
      }
    }
  });

  it('sees nothing personal once the referral has ended, in whatever way', async () => {
    const note = 'Full; Berkane has room.';
    for (const end of [
      [[sante, 'refusal', { reason: 'no-capacity', note }]],
      [[entraide, 'cancellation-request', { reason: 'Moved.' }]],
      [
        [sante, 'acceptance', {}],
        [sante, 'start', {}],
        [sante, 'completion', { outcome: 'served' }],
        [entraide, 'review', { satisfied: true }],
      ],
      [
        [sante, 'acceptance', {}],
        [sante, 'failure', { reason: 'not-found' }],
      ],
      [[await world.as(hassan), 'error', { reason: 'Another Aminata.' }]],
    ] as const) {
      const { referralId } = await sent(entraide);
      for (const [by, action, body] of end) expect((await move(by, referralId, action, body)).outcome).toBe('200');
      for (const path of ['', '/events']) {
        const { status, text } = await sante.get(`/v1/health/referrals/${referralId}${path}`);
        expect(status).toBe(200);
        expect(text).not.toMatch(/Aminata|Diallo|1998|pregnant/);
      }
    }
  });

  it('stops seeing when the consent runs out', async () => {
    const caseId = await opened(entraide);
    const soon = new Date(Date.now() + 400).toISOString();
    const consentId = await consented(entraide, caseId, 'sante', { expiresAt: soon });
    const referralId = await referred(entraide, caseId, consentId);
    expect((await sante.get(`/v1/health/referrals/${referralId}`)).text).toContain('Aminata');
    await new Promise((resolve) => setTimeout(resolve, 450));
    for (const path of ['', '/events']) {
      const { status, text } = await sante.get(`/v1/health/referrals/${referralId}${path}`);
      expect(status).toBe(200);
      expect(text).not.toMatch(/Aminata|check-up|maternal/);
    }
    expect((await move(sante, referralId, 'acceptance')).outcome).toBe('409 consent.missing');
  });

  it('finds its work on its lists, by direction, status, service, assignee, case', async () => {
    const { caseId, referralId } = await sent(entraide);
    await move(sante, referralId, 'assignment', { subject: nadia.sub });
    const ids = async (by: Client, query: string) =>
      (await by.get(`/v1/health/referrals?limit=200&caseId=${caseId}&${query}`)).items.map(({ id }) => id);
    await eventually(async () => expect(await ids(sante, 'assignee=me')).toEqual([referralId]));
    for (const query of ['direction=incoming', 'status=sent', 'service=maternal-health', `assignee=${nadia.sub}`]) {
      expect([query, await ids(sante, query)]).toEqual([query, [referralId]]);
    }
    for (const query of [
      'direction=outgoing',
      'status=accepted',
      'overdue=true',
      'service=vaccination',
      'assignee=x',
    ]) {
      expect([query, await ids(sante, query)]).toEqual([query, []]);
    }
    expect(await ids(entraide, 'direction=outgoing')).toEqual([referralId]);
    expect(await ids(anapec, '')).toEqual([]);
    expect((await sante.get('/v1/health/referrals')).text).not.toMatch(/Aminata|check-up/);
  });
});

describe('units', () => {
  const oujda = of(fatima, 'entraide-nationale/oujda');
  const nador = of(fatima, 'entraide-nationale/nador');

  it('see their own cases; the agency’s own staff see all', async () => {
    const by = await world.as(oujda);
    const other = await world.as(nador);
    const caseId = await opened(by);
    expect((await read(by, caseId)).body['unit']).toBe('entraide-nationale/oujda');
    expect((await read(entraide, caseId)).outcome).toBe('200');
    expect((await read(other, caseId)).outcome).toBe('404 case.not-found');
    expect((await other.post(`/v1/cases/${caseId}/notes`, { text: 'x' })).outcome).toBe('404 case.not-found');
    const elsewhere = { ...aminata, reception: { ...aminata.reception, unit: 'entraide-nationale/oujda' } };
    expect((await other.post('/v1/cases', elsewhere)).outcome).toBe('403 access.forbidden');
    const general = await opened(entraide);
    expect((await read(by, general)).outcome).toBe('404 case.not-found');
    await eventually(async () => {
      expect((await by.get('/v1/cases')).items.map(({ id }) => id)).toEqual([caseId]);
      expect((await other.get('/v1/cases')).items).toEqual([]);
      expect((await entraide.get('/v1/cases?unit=entraide-nationale/oujda')).items.map(({ id }) => id)).toEqual([
        caseId,
      ]);
    });
    expect((await other.get('/v1/cases?unit=entraide-nationale/oujda')).items).toEqual([]);
  });

  it('take over what is offered to them, and keep it in the unit it was offered to', async () => {
    const caseId = await opened(entraide);
    const transferId = await offered(entraide, caseId, 'oim', ['identity'], { unit: 'oim/tanger' });
    const path = `/v1/cases/${caseId}/transfers/${transferId}`;
    const rabat = await world.as(of(karim, 'oim/rabat'));
    const both = await world.as(of(karim, 'oim/rabat', 'oim/tanger'));
    expect((await rabat.post(`${path}/acceptance`)).outcome).toBe('404 transfer.not-found');
    expect((await read(rabat, caseId)).outcome).toBe('404 case.not-found');
    expect((await both.post(`${path}/acceptance`)).outcome).toBe('200');
    expect((await read(oim, caseId)).body['unit']).toBe('oim/tanger');
    expect((await read(rabat, caseId)).outcome).toBe('404 case.not-found');
  });
});

interface Description {
  readonly paths: Readonly<Record<string, { readonly get: { readonly parameters: readonly object[] } }>>;
}

describe('auditors', () => {
  const events = async (by: Client, caseId: string) =>
    (await by.get(`/v1/audit/events?caseId=${caseId}&limit=200`)).items as {
      source: string;
      actor: { agency: string };
    }[];

  it('of cndp read all agencies’ doings, of others their own agency’s', async () => {
    const { caseId, referralId } = await sent(entraide);
    await move(sante, referralId, 'acceptance');
    const cndp = await world.as(auditorOfCndp);
    const own = await world.as(auditorOfSante);
    await eventually(async () => {
      const agencies = (await events(cndp, caseId)).map(({ actor }) => actor.agency);
      expect(new Set(agencies)).toEqual(new Set(['entraide-nationale', 'sante']));
      expect((await events(own, caseId)).map(({ actor }) => actor.agency)).toEqual(['sante']);
    });
    expect((await own.get('/v1/audit/events?limit=200')).text).not.toContain('"agency":"entraide-nationale"');
    for (const by of [entraide, sante, await world.as(hassan), await world.as(doctorBennis)]) {
      expect((await by.get('/v1/audit/events')).outcome).toBe('403 access.forbidden');
      expect((await by.get(`/v1/audit/cases/${caseId}/history`)).outcome).toBe('403 access.forbidden');
    }
  });

  it('page through everything once, oldest first, and can go on later', async () => {
    const cndp = await world.as(auditorOfCndp);
    const { caseId } = await sent(entraide);
    await eventually(async () => expect((await events(cndp, caseId)).map(({ source }) => source)).toContain('health'));
    const whole = (await cndp.get(`/v1/audit/events?caseId=${caseId}&limit=200`)).items.map(({ id }) => id);
    const paged: unknown[] = [];
    let after: string | null = '0';
    while (after !== null) {
      const page: { items: readonly object[]; next: string | null } = await cndp.get(
        `/v1/audit/events?caseId=${caseId}&limit=1&after=${after}`,
      );
      paged.push(...page.items.map((item) => (item as { id: string }).id));
      after = page.next;
    }
    expect(paged).toEqual(whole);
  });

  it('read a case as it stood', async () => {
    const cndp = await world.as(auditorOfCndp);
    const { caseId, referralId } = await sent(entraide);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const between = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await move(sante, referralId, 'acceptance');
    const history = (asOf?: string) =>
      cndp.get(`/v1/audit/cases/${caseId}/history${asOf ? `?asOf=${encodeURIComponent(asOf)}` : ''}`);
    expect((await history(between)).body).toMatchObject({ referrals: [{ id: referralId, status: 'sent' }] });
    for (const asOf of [undefined, '2100-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '2100-01-01T00:00:00+01:00']) {
      const now = await history(asOf);
      expect(now.body).toMatchObject({
        case: { id: caseId, custodian: 'entraide-nationale', consents: [{ recipient: 'sante' }], transfers: [] },
        referrals: [{ id: referralId, status: 'accepted', sender: 'entraide-nationale', receiver: 'sante' }],
        completeUpTo: { cases: expect.any(String), health: expect.any(String) },
      });
      expect(now.text).not.toMatch(/Aminata|Diallo|maternal|check-up|1998-04/);
    }
    expect((await history('2020-01-01T00:00:00Z')).outcome).toBe('404 case.not-found');
    expect((await history('2026-02-30T00:00:00Z')).outcome).toBe('400 request.invalid');
  });

  it('read it from the instant on at which its opening was recorded, as the description says', async () => {
    const cndp = await world.as(auditorOfCndp);
    const caseId = await opened(entraide);
    const [opening] = await eventually(async () => {
      const { items } = await cndp.get(`/v1/audit/events?caseId=${caseId}`);
      expect(items).toHaveLength(1);
      return items;
    });
    const recorded = Date.parse(opening!['recordedAt'] as string);
    const outcomes = [recorded, recorded - 1].map(async (asOf) => {
      const query = `asOf=${new Date(asOf).toISOString()}`;
      return (await cndp.get(`/v1/audit/cases/${caseId}/history?${query}`)).outcome;
    });
    expect(await Promise.all(outcomes)).toEqual(['200', '404 case.not-found']);
    const described = (await world.anybody.get('/v1/openapi.json')).body as unknown as Description;
    expect(described.paths['/v1/audit/cases/{caseId}/history']!.get.parameters).toContainEqual(
      expect.objectContaining({ name: 'asOf', in: 'query', description: expect.stringContaining('recordedAt') }),
    );
  });
});
