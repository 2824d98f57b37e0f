import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Answer, Client } from './client.js';
import { aminata, fatima, nadia } from './people.js';
import { rawRequest } from './raw-request.js';
import { consented, consentTo, move, opened, request, sent } from './stories.js';
import { World } from './world.js';

let world: World;
let caseworker: Client;
let caseId: string;
beforeAll(async () => {
  world = await World.start();
  caseworker = await world.as(fatima);
  caseId = await opened(caseworker);
});
afterAll(() => world.stop());

const told = (person: object, rest: object = {}) => ({
  ...aminata,
  person: { givenName: 'A', birthYear: 1990, ...person },
  ...rest,
});
const paths = (answer: Answer) => (answer.body['errors'] as { path: string }[]).map(({ path }) => path);

/** Every refusal is a problem document that repeats nothing of what was sent. */
function expectProblem(answer: Answer, status: number, code: string, secret?: string): void {
  expect([answer.status, answer.code]).toEqual([status, code]);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  for (const member of ['type', 'title', 'detail']) expect(answer.body[member]).toEqual(expect.stringMatching(/./));
  expect(answer.body['status']).toBe(status);
  expect(answer.text).not.toMatch(/node_modules|\.ts:|\.js:|at Object|SyntaxError|Zod|sqlite/i);
  if (secret) expect(answer.text).not.toContain(secret);
}

describe('bytes that are not the JSON that is wanted', () => {
  const good = JSON.stringify(told({}));
  const inserted = (text: string) => good.replace('"givenName":"A"', text);
  it.each<[string, string | Uint8Array]>([
    ['cut off', good.slice(0, -3)],
    ['single quotes', good.replaceAll('"', "'")],
    ['a trailing comma', `${good.slice(0, -1)},}`],
    ['two documents', `${good}${good}`],
    ['NaN', inserted('"givenName":NaN')],
    ['a name twice', inserted('"givenName":"A","givenName":"B"')],
    ['a name twice, once escaped', inserted('"givenName":"A","given\\u004eame":"B"')],
    ['__proto__', inserted('"givenName":"A","__proto__":{"admin":true}')],
    ['constructor', inserted('"givenName":"A","constructor":{"prototype":{"admin":true}}')],
    ['prototype', inserted('"givenName":"A","prototype":{}')],
    ['escaped __proto__', inserted('"givenName":"A","\\u005f_proto__":{}')],
    ['a lone surrogate', inserted('"givenName":"\\ud83d"')],
    ['a number beyond 2^53', inserted('"givenName":"A","birthYear":9007199254740993').replace('"birthYear":1990,', '')],
    ['an endless number', inserted('"givenName":"A","alias":1e999')],
    ['invalid UTF-8', Buffer.concat([Buffer.from('{"person":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])],
    ['UTF-16', Buffer.from(good, 'utf16le')],
    ['a byte order mark', `\ufeff${good}`],
    ['deep nesting', `${'{"person":'.repeat(5000)}1${'}'.repeat(5000)}`],
    ['deep arrays', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['an array', `[${good}]`],
    ['null', 'null'],
    ['a string', '"Aminata"'],
    ['nothing', ''],
    ['spaces', '   '],
  ])('%s: 400', async (_, bytes) => {
    expectProblem(await caseworker.post('/v1/cases', bytes as string), 400, 'request.invalid', 'admin');
  });
});

describe('values that are not allowed', () => {
  const long = 'x'.repeat(201);
  it.each<[string, object, string]>([
    ['NUL', { givenName: 'Ami\u0000nata' }, 'person.givenName'],
    ['an escape character', { givenName: '\u001b[2J' }, 'person.givenName'],
    ['blank', { givenName: '   ' }, 'person.givenName'],
    ['too long', { givenName: long }, 'person.givenName'],
    ['null', { familyName: null }, 'person.familyName'],
    ['a list for a name', { familyName: ['B'] }, 'person.familyName'],
    ['30 February', { dateOfBirth: '1990-02-30' }, 'person.dateOfBirth'],
    ['29 February of no leap year', { dateOfBirth: '2100-02-29' }, 'person.dateOfBirth'],
    ['month 13', { dateOfBirth: '1990-13-01' }, 'person.dateOfBirth'],
    ['an instant for a date', { dateOfBirth: '1990-01-01T00:00:00Z' }, 'person.dateOfBirth'],
    ['a year as text', { birthYear: '1990' }, 'person.birthYear'],
    ['half a year', { birthYear: 1990.5 }, 'person.birthYear'],
    ['no such sex', { sex: 'f' }, 'person.sex'],
    ['no such country', { nationality: 'XQ' }, 'person.nationality'],
    ['lower case country', { nationality: 'ci' }, 'person.nationality'],
    ['no language', { languages: ['français'] }, 'person.languages.0'],
    ['no phone number', { phone: 'call me' }, 'person.phone'],
    ['no e-mail', { email: 'aminata' }, 'person.email'],
    ['an unknown field', { shoeSize: 42 }, 'person.shoeSize'],
    ['years below zero', { ageEstimate: { years: -1, on: '2026-01-01' } }, 'person.ageEstimate.years'],
  ])('%s: 400, and the field is named', async (_, person, path) => {
    const answer = await caseworker.post('/v1/cases', told(person));
    expectProblem(answer, 400, 'request.invalid');
    expect(paths(answer)).toContain(path);
    for (const value of Object.values(person)) {
      if (typeof value === 'string' && value.length > 4) expect(answer.text).not.toContain(value);
    }
  });

  it.each<[string, object, RegExp]>([
    ['no name at all', { ...told({}), person: { birthYear: 1990 } }, /^person/],
    ['no age at all', { ...told({}), person: { alias: 'Ibou' } }, /^person/],
    ['no situation', { ...told({}), situation: undefined }, /^situation/],
    ['no legal status', { ...told({}), situation: {} }, /^situation.legalStatus/],
    ['no place', { ...told({}), reception: { channel: 'walk-in' } }, /^reception.place/],
    ['a region abroad', { ...told({}), reception: { ...aminata.reception, region: 'FR-75' } }, /^reception.region/],
    [
      'a unit of another agency',
      { ...told({}), reception: { ...aminata.reception, unit: 'oim/rabat' } },
      /^reception.unit/,
    ],
    ['an unknown section', { ...told({}), admin: true }, /^admin/],
  ])('%s: 400, and the place is named', async (_, body, path) => {
    const answer = await caseworker.post('/v1/cases', body);
    expectProblem(answer, 400, 'request.invalid');
    expect(paths(answer)).toContainEqual(expect.stringMatching(path));
  });

  it('names everything that is wrong at once', async () => {
    const answer = await caseworker.post('/v1/cases', told({ sex: 'f', birthYear: 0, x: 1 }, { reception: {} }));
    expect(paths(answer)).toEqual(
      expect.arrayContaining(['person.sex', 'person.birthYear', 'person.x', 'reception.place', 'reception.channel']),
    );
  });

  it.each(['fr', 'ar-MA', 'fr-ma', 'FR', 'zgh-Tfng', 'swc', 'cmn'])(
    'takes the BCP 47 language %s',
    async (language) => {
      const { outcome, id } = await caseworker.post('/v1/cases', told({ languages: [language] }));
      expect(outcome).toBe('201');
      const consent = await caseworker.post(`/v1/cases/${id}/consents`, consentTo('sante', { language }));
      expect(consent.outcome).toBe('201');
    },
  );

  it.each(['français', 'fr_MA', 'x-aminata', 'fr-x-aminata', 'a', ''])('takes no language %s', async (language) => {
    const consent = await caseworker.post(`/v1/cases/${caseId}/consents`, consentTo('sante', { language }));
    expectProblem(consent, 400, 'request.invalid');
  });

  it('wants a guardian for a child, a reason and a supervisor for exceptions, and a recipient that exists', async () => {
    const record = (terms: object, recipient = 'sante') =>
      caseworker.post(`/v1/cases/${caseId}/consents`, consentTo(recipient, terms));
    expect((await record({}, 'nobody')).outcome).toBe('400 request.invalid');
    expect((await record({}, 'interieur')).outcome).toBe('409 consent.recipient-not-allowed');
    expect((await record({ basis: 'legal-obligation' })).outcome).toBe('400 request.invalid');
    expect((await record({ basis: 'legal-obligation', reason: 'Court order.' })).outcome).toBe('403 access.forbidden');
    expect((await record({ dataClasses: [] })).outcome).toBe('400 request.invalid');
    expect((await record({ dataClasses: ['identity', 'identity'] })).outcome).toBe('400 request.invalid');
    expect((await record({ dataClasses: ['religion'] })).outcome).toBe('400 request.invalid');
    expect((await record({ expiresAt: '2027-02-29T00:00:00Z' })).outcome).toBe('400 request.invalid');
  });

  it.each(['0000-01-01T00:00:00+01:00', '9999-12-31T23:59:59-01:00', '2026-01-01T24:00:00Z', '2026-01-01T10:00:60Z'])(
    'an instant that UTC cannot write in four-digit years, or no clock shows: %s',
    async (expiresAt) => {
      const answer = await caseworker.post(`/v1/cases/${caseId}/consents`, consentTo('sante', { expiresAt }));
      expectProblem(answer, 400, 'request.invalid');
    },
  );
});

describe('the body as a whole', () => {
  it.each([
    ['70 KB', 70_000],
    ['5 MB', 5_000_000],
  ])('of %s: 413, and the server goes on', async (_, size) => {
    const answer = await caseworker.post('/v1/cases', JSON.stringify(told({ address: 'x'.repeat(size) })));
    expectProblem(answer, 413, 'request.too-large');
    expect((await world.anybody.get('/livez')).status).toBe(200);
  });

  it('of 64 KiB exactly is read', async () => {
    const text = JSON.stringify(told({}));
    const padded = (size: number) => text + ' '.repeat(size - text.length);
    expect((await caseworker.post('/v1/cases', padded(64 * 1024))).outcome).toBe('201');
    expect((await caseworker.post('/v1/cases', padded(64 * 1024 + 1))).outcome).toBe('413 request.too-large');
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=iso-8859-1',
    'application/xml',
    'json',
    'application/jsonp',
    '*/*',
  ])('as %s: 415', async (type) => {
    expectProblem(
      await caseworker.post('/v1/cases', JSON.stringify(told({})), { 'content-type': type }),
      415,
      'request.unsupported-media-type',
    );
  });

  it.each(['application/json;charset=utf-8', 'Application/JSON; charset="UTF-8"'])('as %s is read', async (type) => {
    expect((await caseworker.post('/v1/cases', told({}), { 'content-type': type })).outcome).toBe('201');
  });
});

describe('paths', () => {
  const malformed = [
    'not-an-id',
    '1',
    `${'0'.repeat(36)}`,
    '%00',
    "'--",
    '..%2f..%2fetc',
    'é',
    '01920000-0000-7000-8000-00000000000g',
    'x'.repeat(90),
  ];
  it.each(malformed)('with the id %s: 404', async (id) => {
    const path = encodeURI(decodeURIComponent(id)) === id ? id : id.includes('%') ? id : encodeURIComponent(id);
    expectProblem(await caseworker.get(`/v1/cases/${path}`), 404, 'case.not-found');
    expectProblem(await caseworker.get(`/v1/health/referrals/${path}`), 404, 'referral.not-found');
    expectProblem(await caseworker.get(`/v1/cases/${caseId}/consents/${path}`), 404, 'consent.not-found');
    expectProblem(await caseworker.post(`/v1/cases/${caseId}/transfers/${path}/acceptance`), 404, 'transfer.not-found');
    expectProblem(await move(caseworker, path, 'acceptance'), 404, 'referral.not-found');
  });

  it('of a thing that belongs to another case: 404', async () => {
    const otherId = await opened(caseworker);
    const consentId = await consented(caseworker, otherId, 'oim', { purpose: 'custody' });
    const transfer = await caseworker.post(`/v1/cases/${otherId}/transfers`, { to: 'oim', reason: 'other', consentId });
    expectProblem(await caseworker.get(`/v1/cases/${caseId}/consents/${consentId}`), 404, 'consent.not-found');
    expectProblem(await caseworker.get(`/v1/cases/${caseId}/transfers/${transfer.id}`), 404, 'transfer.not-found');
    expectProblem(
      await caseworker.post(`/v1/cases/${caseId}/transfers/${transfer.id}/withdrawal`),
      404,
      'transfer.not-found',
    );
  });

  it.each(['/v1/nothing', '/v1/cases/x/y/z', '/', '/v2/cases', '/v1/cases/', '/v1//cases', '/v1/health', '/V1/cases'])(
    'that do not exist (%s): 404',
    async (path) => {
      expectProblem(await caseworker.get(path), 404, 'route.not-found');
    },
  );

  it.each(['/v1/cases/%zz', '/v1/cases/%E0%A4%A', '/v1/%c0%ae%c0%ae/x', '/v1/cases/%', '/%%%'])(
    'that are badly encoded (%s): a problem, and not a 500',
    async (path) => {
      const answer = await caseworker.get(path);
      expect([400, 404]).toContain(answer.status);
      expectProblem(answer, answer.status, answer.code, path.slice(4));
    },
  );

  it('as ids in capitals are the same ids', async () => {
    const { referralId } = await sent(caseworker);
    expect((await caseworker.get(`/v1/cases/${caseId.toUpperCase()}`)).id).toBe(caseId);
    expect((await caseworker.get(`/v1/health/referrals/${referralId.toUpperCase()}`)).id).toBe(referralId);
  });

  it('with other methods: refused as a problem', async () => {
    for (const method of ['DELETE', 'PUT', 'PATCH']) {
      const headers = { authorization: `Bearer ${await world.tokenOf(fatima)}` };
      const response = await fetch(`${world.anybody.url}/v1/cases/${caseId}`, { method, headers });
      expect([404, 405]).toContain(response.status);
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
  });
});

describe('lists', () => {
  it.each([
    'limit=0',
    'limit=201',
    'limit=-1',
    'limit=1.5',
    'limit=ten',
    'limit=',
    'limit=1&limit=2',
    'limit=1e9',
    'limit=NaN',
  ])('with %s: 400', async (query) => {
    for (const list of ['/v1/cases', '/v1/transfers', '/v1/health/referrals', `/v1/cases/${caseId}/timeline`]) {
      expectProblem(await caseworker.get(`${list}?${query}`), 400, 'request.invalid');
    }
  });

  it.each([
    '/v1/cases?status=lost',
    '/v1/cases?colour=red',
    '/v1/cases?__proto__=1',
    '/v1/cases?unit=Oujda',
    '/v1/cases?constructor=1',
    '/v1/transfers?direction=up',
    '/v1/health/referrals?overdue=perhaps',
    '/v1/health/referrals?caseId=7',
    '/v1/health/referrals?status[]=sent',
  ])('as %s: 400', async (path) => {
    expectProblem(await caseworker.get(path), 400, 'request.invalid');
  });

  it('take their own cursors, and no other', async () => {
    await opened(caseworker);
    const first = await caseworker.get('/v1/cases?limit=1');
    const cursor = encodeURIComponent(first.next!);
    const second = await caseworker.get(`/v1/cases?limit=1&cursor=${cursor}`);
    expect(second.items).toHaveLength(1);
    expect(second.items[0]).not.toEqual(first.items[0]);
    const colleague = await world.as({ ...fatima, agency: 'oim' });
    const foreign = [
      await caseworker.get(`/v1/transfers?cursor=${cursor}`),
      await caseworker.get(`/v1/health/referrals?cursor=${cursor}`),
      await caseworker.get(`/v1/cases/${caseId}/timeline?cursor=${cursor}`),
      await caseworker.get(`/v1/cases?status=open&cursor=${cursor}`),
      await colleague.get(`/v1/cases?cursor=${cursor}`),
      await caseworker.get(`/v1/cases?cursor=${cursor}x`),
      await caseworker.get(`/v1/cases?cursor=x${cursor}`),
      await caseworker.get(`/v1/cases?cursor=${cursor}.x`),
      await caseworker.get('/v1/cases?cursor='),
      await caseworker.get('/v1/cases?cursor=%00%00'),
      await caseworker.get(`/v1/cases?cursor=${'a'.repeat(2000)}`),
      await caseworker.get(`/v1/cases?cursor=${btoa('["2026",""]')}.`),
    ];
    expect(foreign.map(({ outcome }) => outcome)).toEqual(foreign.map(() => '400 request.invalid'));
  });

  it('of one referral’s events take no cursor of the other side', async () => {
    const { referralId } = await sent(caseworker);
    const receiver = await world.as(nadia);
    await move(receiver, referralId, 'acknowledgement');
    const path = `/v1/health/referrals/${referralId}/events?limit=1`;
    const { next } = await caseworker.get(path);
    expect((await caseworker.get(`${path}&cursor=${next!}`)).items).toMatchObject([{ type: 'ReferralAcknowledged' }]);
    expect((await receiver.get(`${path}&cursor=${next!}`)).outcome).toBe('400 request.invalid');
  });

  it('find a case whose id is written in capitals', async () => {
    const { caseId: wanted } = await sent(caseworker);
    const list = await caseworker.get(`/v1/health/referrals?caseId=${wanted.toUpperCase()}`);
    expect(list.items).toHaveLength(1);
  });
});

describe('what an error says', () => {
  it.each([
    ['fr', 'Dossier introuvable'],
    ['ar', 'الملف'],
    ['en', 'Case'],
    ['de, en;q=0.5, fr;q=0.1', 'Case'],
    ['xx', 'Dossier'],
    ['en;q=0', 'Dossier'],
    ['\u0080garbage;;q=9', 'Dossier'],
  ])('in %s', async (language, title) => {
    const answer = await caseworker.get('/v1/cases/none', { 'accept-language': language });
    expect(answer.body['title']).toEqual(expect.stringContaining(title.split(' ')[0]!));
  });

  it('never repeats the address or the body', async () => {
    const secret = 'Zeinabou-Sissoko';
    const answers = [
      await world.anybody.get(`/v1/cases/${secret}?q=${secret}`),
      await caseworker.get(`/v1/cases/${secret}?q=${secret}`),
      await caseworker.get(`/v1/${secret}`),
      await caseworker.get(`/v1/cases?status=${secret}`),
      await caseworker.get(`/v1/cases?cursor=${secret}`),
      await caseworker.get(`/v1/cases/%zz${secret}`),
      await caseworker.get(`/v1/cases/${secret.repeat(50)}`),
      await caseworker.get(`/${secret.repeat(600)}`),
      await caseworker.post('/v1/cases', `{"person": ${secret}`),
      await caseworker.post('/v1/cases', told({ sex: secret, phone: secret, dateOfBirth: secret })),
      await caseworker.post('/v1/cases', told({}), { 'idempotency-key': `${secret} ` + secret }),
      await caseworker.post(`/v1/cases/${caseId}/closure`, { reason: secret }, { 'if-match': `"${secret}"` }),
      await caseworker.post('/v1/health/referrals', request(caseId, caseId, { reason: secret, note: secret })),
      await world.anybody.post('/dev/token', { agency: 'oim', roles: [secret] }),
      await world.anybody.post('/dev/token', { agency: secret.toLowerCase(), roles: ['caseworker'] }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expectProblem(answer, answer.status, answer.code, secret);
      expect(answer.text).not.toContain(secret.toLowerCase());
    }
  });

  it('even when the request is hardly HTTP', async () => {
    const { url } = world.anybody;
    const answers = await Promise.all([
      rawRequest(url, 'GARBAGE\r\n\r\n'),
      rawRequest(url, 'GET /v1/cases HTTP/1.1\r\nHost: x\r\nContent-Length: zeinabou\r\n\r\n'),
      rawRequest(url, `GET /v1/cases HTTP/1.1\r\nHost: x\r\nX: ${'zeinabou'.repeat(9000)}\r\n\r\n`),
      rawRequest(url, 'GET http://zeinabou.example/v1/cases HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
    ]);
    for (const answer of answers) {
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(answer).not.toContain('zeinabou');
    }
    expect((await world.anybody.get('/livez')).status).toBe(200);
  });
});

it('changed nothing', async () => {
  const answer = await caseworker.get(`/v1/cases/${caseId}`);
  expect([answer.body['version'], answer.body['status']]).toEqual([1, 'open']);
});
