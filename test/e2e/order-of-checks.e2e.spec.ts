import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Answer, Client } from './client.js';
import { aminata, auditorOfCndp, fatima, karim, nadia, officer, youssef } from './people.js';
import { rawRequest } from './raw-request.js';
import { consentTo, move, offered, opened, request, sent } from './stories.js';
import { World } from './world.js';

let world: World;
let sender: Client;
let receiver: Client;
let stranger: Client;
beforeAll(async () => {
  world = await World.start();
  sender = await world.as(fatima);
  receiver = await world.as(nadia);
  stranger = await world.as(youssef);
});
afterAll(() => world.stop());

const huge = '{'.repeat(70_000);
const asText = { 'content-type': 'text/plain' };
const stale = { 'if-match': '"99"' };
const outcomes = (answers: readonly Answer[]) => answers.map(({ outcome }) => outcome);

describe('of several things that are wrong, the first is told', () => {
  it('with a referral: 401, 404, 403, 413, 415, 400, replay, 412, 409', async () => {
    const { referralId } = await sent(sender);
    const review = (by: Client, body: object | string, headers = {}) =>
      by.post(`/v1/health/referrals/${referralId}/review`, body, headers);
    const acknowledge = (body: object | string, headers = {}) =>
      receiver.post(`/v1/health/referrals/${referralId}/acknowledgement`, body, headers);
    const key = { 'idempotency-key': 'acknowledged-once' };
    expect((await acknowledge({}, key)).outcome).toBe('200');

    expect(
      outcomes([
        await review(world.anybody, huge, { ...asText, ...stale }),
        await review(stranger, huge, { ...asText, ...stale }),
        await review(receiver, huge, { ...asText, ...stale }),
        await review(sender, huge, { ...asText, ...stale }),
        await review(sender, '{', { ...asText, ...stale }),
        await review(sender, '{', stale),
        await review(sender, { satisfied: 'yes' }, stale),
        await acknowledge({ extra: 1 }, { ...key, ...stale }),
        await acknowledge({}, { ...key, ...stale }),
        await review(sender, { satisfied: true }, stale),
        await review(sender, { satisfied: true }),
      ]),
    ).toEqual([
      '401 token.missing',
      '404 referral.not-found',
      '403 access.forbidden',
      '413 request.too-large',
      '415 request.unsupported-media-type',
      '400 request.invalid',
      '400 request.invalid',
      '400 request.invalid',
      '200',
      '412 precondition.failed',
      '409 referral.illegal-transition',
    ]);
  });

  it('with a case', async () => {
    const caseId = await opened(sender);
    const offeredTo = await world.as(karim);
    await offered(sender, caseId, 'oim');
    const close = (by: Client, body: object | string, headers = {}) =>
      by.post(`/v1/cases/${caseId}/closure`, body, headers);
    expect(
      outcomes([
        await close(world.anybody, huge, { ...asText, authorization: 'Bearer a.b.c' }),
        await close(stranger, huge, asText),
        await close(offeredTo, huge, asText),
        await close(sender, huge, asText),
        await close(sender, '{', asText),
        await close(sender, { because: 1 }, stale),
        await close(sender, { reason: 'left' }, stale),
        await close(sender, { reason: 'left' }),
      ]),
    ).toEqual([
      '401 token.invalid',
      '404 case.not-found',
      '403 access.forbidden',
      '413 request.too-large',
      '415 request.unsupported-media-type',
      '400 request.invalid',
      '412 precondition.failed',
      '409 case.has-open-work',
    ]);
  });

  it('with what is not there yet: who may not create learns nothing about the body', async () => {
    const auditor = await world.as(auditorOfCndp);
    expect(
      outcomes([
        await world.anybody.post('/v1/cases', huge, asText),
        await auditor.post('/v1/cases', huge, asText),
        await stranger.post('/v1/cases', '{', asText),
        await auditor.post('/v1/health/referrals', '{'),
        await stranger.post('/v1/health/referrals', '{'),
        await stranger.post('/v1/health/referrals', request('01920000-0000-7000-8000-000000000000', 'x')),
      ]),
    ).toEqual([
      '401 token.missing',
      '403 access.forbidden',
      '403 access.forbidden',
      '403 access.forbidden',
      '400 request.invalid',
      '400 request.invalid',
    ]);
  });

  it('with a thing named in the body: after 400', async () => {
    const caseId = await opened(sender);
    const consentId = '01920000-0000-7000-8000-000000000000';
    expect((await stranger.post('/v1/health/referrals', request(caseId, consentId))).outcome).toBe(
      '404 case.not-found',
    );
    expect((await stranger.post('/v1/health/referrals', request(caseId, consentId, { urgency: 'soon' }))).outcome).toBe(
      '400 request.invalid',
    );
  });

  it('with a step: who may not write findings is told so before the body is read', async () => {
    const { referralId } = await sent(sender);
    await move(receiver, referralId, 'acceptance');
    const step = (body: string, headers = {}) =>
      receiver.post(`/v1/health/referrals/${referralId}/steps/consultation`, body, headers);
    expect(outcomes([await step('{}'), await step('{', {}), await step('{', asText), await step(huge)])).toEqual([
      '403 access.forbidden',
      '403 access.forbidden',
      '403 access.forbidden',
      '403 access.forbidden',
    ]);
  });

  it('with an audited case that does not exist: 404 before 400', async () => {
    const auditor = await world.as(auditorOfCndp);
    const history = (id: string, asOf: string) => auditor.get(`/v1/audit/cases/${id}/history?asOf=${asOf}`);
    expect((await history('not-an-id', 'yesterday')).outcome).toBe('404 case.not-found');
    expect((await history('01920000-0000-7000-8000-000000000000', 'yesterday')).outcome).toBe('404 case.not-found');
  });

  it('with a list: 403 before 400', async () => {
    expect((await stranger.get('/v1/cases?limit=0')).outcome).toBe('403 access.forbidden');
    expect((await world.anybody.get('/v1/cases?limit=0')).outcome).toBe('401 token.missing');
    expect((await sender.get('/v1/audit/events?limit=0')).outcome).toBe('403 access.forbidden');
  });
});

describe('enforcement', () => {
  it('gets 403 everywhere, whatever its roles, whether the thing exists or not', async () => {
    const interior = await world.as(officer);
    const { caseId, referralId, consentId } = await sent(sender);
    const transferId = await offered(sender, caseId, 'oim');
    const gets = [
      '/v1/cases',
      `/v1/cases/${caseId}`,
      '/v1/cases/not-an-id',
      `/v1/cases/${caseId}/consents`,
      `/v1/cases/${caseId}/consents/${consentId}`,
      `/v1/cases/${caseId}/transfers/${transferId}`,
      `/v1/cases/${caseId}/timeline`,
      '/v1/transfers',
      '/v1/health/services',
      '/v1/health/referrals',
      `/v1/health/referrals/${referralId}`,
      `/v1/health/referrals/${referralId}/events`,
      '/v1/health/referrals/not-an-id',
      '/v1/audit/events',
      `/v1/audit/cases/${caseId}/history`,
    ];
    const posts = [
      '/v1/cases',
      `/v1/cases/${caseId}/closure`,
      `/v1/cases/${caseId}/transfers/${transferId}/acceptance`,
      '/v1/health/referrals',
      `/v1/health/referrals/${referralId}/acceptance`,
      '/v1/health/referrals/not-an-id/steps/consultation',
    ];
    for (const path of gets) expect([path, (await interior.get(path)).outcome]).toEqual([path, '403 access.forbidden']);
    for (const path of posts) {
      expect([path, (await interior.post(path, '{')).outcome]).toEqual([path, '403 access.forbidden']);
    }
    expect((await interior.post('/v1/cases', aminata)).outcome).toBe('403 access.forbidden');
    const consent = await sender.post(`/v1/cases/${caseId}/consents`, consentTo('interieur', { purpose: 'custody' }));
    expect(consent.outcome).toBe('409 consent.recipient-not-allowed');
    await sender.post(`/v1/cases/${caseId}/transfers/${transferId}/withdrawal`);
    const transfer = { to: 'interieur', reason: 'other', consentId };
    expect((await sender.post(`/v1/cases/${caseId}/transfers`, transfer)).outcome).toBe(
      '409 transfer.recipient-not-allowed',
    );
  });
});

describe('a token', () => {
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const asked = (token: string) => new Client(world.anybody.url, token).get('/v1/cases');

  it('that was forged, altered, or meant for others is refused, and not said why', async () => {
    const real = await world.tokenOf(fatima);
    const [head, claims, signature] = real.split('.') as [string, string, string];
    const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, string>;
    const payload = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    const signed = (changes: object, protectedHeader: object = {}) =>
      new SignJWT({ ...payload, ...changes })
        .setProtectedHeader({ alg: 'ES256', ...header, ...protectedHeader })
        .sign(privateKey);
    const hmac = (key: string) => {
      const body = `${encoded({ ...header, alg: 'HS256' })}.${claims}`;
      return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`;
    };
    const forged = {
      'alg none': `${encoded({ alg: 'none', typ: 'at+jwt' })}.${claims}.`,
      'alg none with a signature': `${encoded({ ...header, alg: 'none' })}.${claims}.${signature}`,
      'alg nOnE': `${encoded({ ...header, alg: 'nOnE' })}.${claims}.${signature}`,
      'HS256 with the public key': hmac(JSON.stringify(jwk)),
      'HS256 with nothing': hmac(''),
      'another key': await signed({}),
      'another key that it brings along': await signed({}, { jwk }),
      'another role': `${head}.${encoded({ ...payload, roles: ['supervisor'] })}.${signature}`,
      'no signature': `${head}.${claims}.`,
      'one part': head,
      empty: 'x',
      'another issuer': await signed({ iss: 'https://evil.example' }),
      'another audience': await signed({ aud: 'other' }),
      expired: await signed({ exp: 1_600_000_000 }),
    };
    for (const [how, token] of Object.entries(forged)) {
      const answer = await asked(token);
      expect([how, answer.outcome]).toEqual([how, '401 token.invalid']);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    expect((await asked(real)).outcome).toBe('200');
  });

  it.each(['Basic ZjphbGFvdWk=', 'Bearer', 'Bearer  ', 'bearer x y', 'Token abc'])(
    'as “%s” is refused',
    async (header) => {
      const answer = await world.anybody.get('/v1/cases', { authorization: header });
      expect(answer.status).toBe(401);
    },
  );

  it('of the development issuer is for agencies, roles and units that exist', async () => {
    const issue = (body: object) => world.anybody.post('/dev/token', body);
    expect(
      outcomes([
        await issue({ agency: 'nobody', roles: ['caseworker'] }),
        await issue({ agency: 'oim', roles: [] }),
        await issue({ agency: 'oim', roles: ['root'] }),
        await issue({ agency: 'oim', roles: ['caseworker'], units: [] }),
        await issue({ agency: 'oim', roles: ['caseworker'], units: ['hcr/rabat'] }),
        await issue({ agency: 'oim', roles: ['caseworker'], sub: '' }),
        await issue({ agency: 'oim', roles: ['caseworker'], admin: true }),
        await issue({ agency: 'oim', roles: ['caseworker'] }),
      ]),
    ).toEqual([...Array.from({ length: 7 }, () => '400 request.invalid'), '200']);
  });

  it('of the development issuer is given under this machine’s own names alone', async () => {
    const body = JSON.stringify({ agency: 'oim', roles: ['caseworker'] });
    const status = async (version: string, host: string, sent = body) => {
      const headers = `Content-Type: application/json\r\nContent-Length: ${sent.length}\r\nConnection: close\r\n\r\n`;
      const answer = await rawRequest(world.anybody.url, `POST /dev/token HTTP/${version}\r\n${host}${headers}${sent}`);
      return /^HTTP\/1\.1 (\d+)/.exec(answer)![1] + (/"code":"[^"]*"/.exec(answer)?.[0] ?? '');
    };
    for (const host of ['localhost', 'LOCALHOST:3000', '127.0.0.1:1', '127.8.9.10', '[::1]', '[::1]:65535']) {
      expect([host, await status('1.1', `Host: ${host}\r\n`)]).toEqual([host, '200']);
    }
    for (const host of [
      'x.example',
      'x.example:3000',
      '127.0.0.1.example',
      'localhost.example',
      '10.0.0.1',
      '::1',
      '',
    ]) {
      for (const sent of [body, '{']) {
        expect([host, await status('1.1', `Host: ${host}\r\n`, sent)]).toEqual([host, '404"code":"route.not-found"']);
      }
    }
    expect(await status('1.0', '')).toBe('404"code":"route.not-found"');
  });
});
