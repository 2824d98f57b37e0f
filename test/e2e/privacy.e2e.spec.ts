import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, eventually } from './client.js';
import { auditorOfCndp, doctorBennis, fatima, hassan, karim, nadia } from './people.js';
import { consentTo, move, offer, request } from './stories.js';
import { build, ServerProcess } from './server-process.js';
import { newFolder } from './world.js';

const folder = newFolder();
let server: ServerProcess;

/** Words that occur nowhere else; whatever of them is found outside the answers has leaked. */
const secrets: string[] = [];
const secret = (word: string): string => {
  const unique = `${word}${['xylo', 'quartz', 'vexil', 'jinx', 'zephyr'][secrets.length % 5]}${secrets.length}`;
  secrets.push(unique);
  return unique;
};
const born = '1987-03-29';
const phone = '+212655443322';
const sensitive = ['maternal-health', 'sexual-violence-care'];

const told = {
  person: {
    givenName: secret('Zeinabou'),
    familyName: secret('Sissoko'),
    alias: secret('Zeina'),
    dateOfBirth: born,
    sex: 'female',
    nationality: 'ML',
    languages: ['bm', 'fr'],
    phone,
    email: `${secret('mail').toLowerCase()}@example.org`,
    address: secret('derb'),
    safeContact: { channel: secret('aunt'), note: secret('evenings') },
    unhcrId: secret('UNHCR'),
    documents: [{ kind: secret('passport'), number: secret('AB'), issuedBy: secret('consul') }],
  },
  situation: {
    legalStatus: 'asylum-seeker',
    vulnerabilities: ['pregnant', 'trafficking-victim', 'violence-survivor'],
    household: { adults: 1, children: 3 },
    guardian: { kind: 'relative', name: secret('Moussa'), since: '2019-02-03' },
    education: { diploma: secret('baccalaureat') },
    employment: { trade: secret('seamstress') },
  },
  reception: { place: secret('Bouarfa'), region: 'MA-02', channel: 'walk-in' },
};
/** Codes that say something about a person stand sealed as well. */
const codes = ['trafficking-victim', 'violence-survivor', 'pregnant', 'asylum-seeker', ...sensitive];

beforeAll(async () => {
  build();
  server = await ServerProcess.start(folder);
  await richJourney();
}, 120_000);
afterAll(async () => {
  await server.end('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

let caseId: string;
let first: string;

async function richJourney(): Promise<void> {
  const [entraide, supervisor, sante, clinician, oim] = (await Promise.all(
    [fatima, hassan, nadia, doctorBennis, karim].map((employee) => server.as(employee)),
  )) as [Client, Client, Client, Client, Client];
  const done = async (answer: ReturnType<Client['post']>) => {
    const { id, status, text } = await answer;
    if (status >= 300) throw new Error(text);
    return id;
  };
  caseId = await done(entraide.post('/v1/cases', told, { 'idempotency-key': 'privacy' }));
  const at = `/v1/cases/${caseId}`;
  const correction = { person: { familyName: secret('Keita') }, reason: secret('misheard') };
  await done(entraide.post(`${at}/corrections`, correction));
  await done(entraide.post(`${at}/notes`, { text: secret('afraid') }));
  const classes = { dataClasses: ['identity', 'contact', 'protection', 'violence'] };
  const reasoned = { ...classes, basis: 'legal-obligation', reason: secret('order') };
  const consentId = await done(supervisor.post(`${at}/consents`, consentTo('sante', reasoned)));
  const send = (terms: object) => done(entraide.post('/v1/health/referrals', request(caseId, consentId, terms)));
  first = await send({ reason: secret('sixth'), note: secret('aunt'), service: sensitive[0] });
  const moves: (readonly [Client, string, object])[] = [
    [sante, 'information-request', { about: 'person', question: secret('question') }],
    [entraide, 'information', { answer: secret('answer') }],
    [sante, 'acceptance', { note: secret('welcome') }],
    [sante, 'appointment', { at: '2026-12-01T09:00:00Z', place: secret('ward'), note: secret('fasting') }],
    [sante, 'attendance', { outcome: 'attended' }],
    [
      clinician,
      'steps/consultation',
      { at: '2026-12-01T09:00:00Z', facility: secret('clinic'), findings: secret('anaemia') },
    ],
    [clinician, 'steps/treatment', { plan: secret('iron') }],
    [clinician, 'steps/medicine-dispensed', { items: [secret('ferrous'), secret('folate')] }],
    [clinician, 'steps/care-at-discharge', { summary: secret('rest') }],
    [sante, 'hold', { reason: secret('travels') }],
    [sante, 'resumption', {}],
    [sante, 'suggestion', { sector: 'health', service: sensitive[1], note: secret('listen') }],
    [sante, 'completion', { outcome: 'served', note: secret('thriving') }],
    [entraide, 'review', { satisfied: true, note: secret('glad') }],
    [entraide, 'reopening', { reason: secret('relapse') }],
    [supervisor, 'error', { reason: secret('mistaken') }],
  ];
  for (const [by, action, body] of moves) await done(move(by, first, action, body));
  const second = await send({ reason: secret('second'), service: sensitive[1] });
  await done(move(sante, second, 'refusal', { reason: 'no-capacity', note: secret('berkane') }));
  await done(
    move(entraide, second, 'redirection', { receiver: 'sante', consentId, reason: secret('elsewhere') }).then(
      async (answer) => {
        await done(move(sante, answer.id, 'acceptance', {}));
        await done(move(entraide, answer.id, 'cancellation-request', { reason: secret('better') }));
        await done(move(sante, answer.id, 'cancellation'));
        return answer;
      },
    ),
  );
  const third = await send({ reason: secret('third') });
  await done(move(sante, third, 'acceptance'));
  await done(move(sante, third, 'failure', { reason: 'other', note: secret('vanished') }));
  const custody = await done(entraide.post(`${at}/consents`, consentTo('oim', { purpose: 'custody' })));
  const propose = async () =>
    `${at}/transfers/${await done(entraide.post(`${at}/transfers`, offer('oim', custody, { note: secret('offer') })))}`;
  await done(oim.post(`${await propose()}/refusal`, { reason: 'other', note: secret('unwilling') }));
  await done(entraide.post(`${await propose()}/withdrawal`, { reason: secret('typo') }));
  await done(entraide.post(`${at}/closure`, { reason: secret('departed') }));
  await done(entraide.post(`${at}/reopening`, { reason: secret('returned') }));
  await done(oim.post(`${await propose()}/acceptance`));
  await badRequests(entraide);
}

/** What goes wrong is logged too, and must not take words along. */
async function badRequests(by: Client): Promise<void> {
  await by.post('/v1/cases', { ...told, reception: {} });
  await by.post('/v1/cases', `{"person": ${secret('malformed')}`);
  await by.get(`/v1/cases/${secret('inpath')}?name=${secret('inquery')}`);
  await by.get(`/v1/cases/%zz${secret('inbadpath')}`);
  await by.get(`/v1/${secret('inroute')}`);
  await server.anybody.get('/v1/cases', { authorization: `Bearer ${secret('intoken')}` });
  await by.post('/v1/cases', told, { 'idempotency-key': secret('inkey'), 'x-correlation-id': secret('incorrelation') });
}

const filesOf = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

/** Which of `words` stand somewhere in these bytes, as UTF-8 or UTF-16. */
const found = (bytes: Buffer, words: readonly string[]) =>
  words.filter((word) => bytes.includes(word) || bytes.includes(Buffer.from(word, 'utf16le')));

describe('after a rich journey', () => {
  it('the answers held what was told, so that the search looks for the right words', async () => {
    const oim = await server.as(karim);
    expect((await oim.get(`/v1/cases/${caseId}`)).text).toContain(told.person.givenName);
    expect(secrets.length).toBeGreaterThan(50);
  });

  it('no file of the data folder holds a word of it', () => {
    const files = filesOf(folder);
    const names = files.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['cases.sqlite', 'health.sqlite', 'audit.sqlite', 'keyring.sqlite']));
    expect(names).toEqual(expect.arrayContaining(['cases.sqlite-wal', 'health.sqlite-wal']));
    const health = readFileSync(join(folder, 'health.sqlite-wal'));
    expect(found(health, ['entraide-nationale', first])).toHaveLength(2);
    const words = [...secrets, ...secrets.map((word) => word.toLowerCase()), born, phone, phone.slice(1), ...codes];
    const leaks = files.map(({ name, parentPath }) => [name, found(readFileSync(join(parentPath, name)), words)]);
    expect(leaks.filter(([, leaked]) => leaked!.length > 0)).toEqual([]);
    expect(names.filter((name) => secrets.some((word) => name.includes(word)))).toEqual([]);
  });

  it('no line of the logs does', () => {
    const output = Buffer.concat(server.output);
    expect(output.toString()).toContain('"request"');
    expect(found(output, [...secrets, born, phone, ...codes])).toEqual([]);
    expect(output.toString()).not.toMatch(/eyJ[\w-]+\./);
  });

  it('no answer to an auditor, no metric, no timeline and no list does', async () => {
    const auditor = await server.as(auditorOfCndp);
    const oim = await server.as(karim);
    const entraide = await server.as(fatima);
    await eventually(async () => {
      expect((await auditor.get(`/v1/audit/events?caseId=${caseId}&limit=200`)).items.length).toBeGreaterThan(35);
    });
    const answers = [
      await auditor.get(`/v1/audit/events?caseId=${caseId}&limit=200`),
      await auditor.get('/v1/audit/events?limit=200'),
      await auditor.get(`/v1/audit/cases/${caseId}/history`),
      await server.anybody.get('/metrics'),
      await oim.get(`/v1/cases/${caseId}/timeline?limit=200`),
      await oim.get('/v1/cases'),
      await oim.get('/v1/transfers'),
    ];
    for (const { status, text } of answers) {
      expect(status).toBe(200);
      expect(found(Buffer.from(text), [...secrets, born, phone, ...codes])).toEqual([]);
    }
    const lists = await entraide.get('/v1/health/referrals?limit=200');
    expect(found(Buffer.from(lists.text), [...secrets, born, phone])).toEqual([]);
  });

  it('the receiver sees none of it any more', async () => {
    for (const employee of [nadia, doctorBennis]) {
      const by = await server.as(employee);
      for (const path of ['', '/events?limit=200']) {
        const { status, text } = await by.get(`/v1/health/referrals/${first}${path}`);
        expect(status).toBe(200);
        expect(found(Buffer.from(text), [...secrets.slice(0, 13), born, phone])).toEqual([]);
      }
    }
  });

  it('and the key that opens it is its owner’s alone to read', () => {
    const [key] = filesOf(folder).filter(({ name }) => name === 'kek');
    expect(key).toBeDefined();
    expect(found(Buffer.concat(server.output), [readFileSync(join(folder, 'kek'), 'utf8').trim()])).toEqual([]);
  });
});
