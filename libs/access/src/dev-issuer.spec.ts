import { beforeAll, describe, expect, test } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { loadDeployment } from './deployment.js';
import { DevIssuer, devIssuerAllowed, DevIssuerForbidden, DevTokenRefused, devTokenRequest } from './dev-issuer.js';
import { TokenVerifier } from './tokens.js';

const deployment = loadDeployment();
const noon = Date.parse('2026-11-24T12:00:00Z');

describe('the development issuer', () => {
  let issuer: DevIssuer;
  let verifier: TokenVerifier;
  beforeAll(async () => {
    issuer = await DevIssuer.create(deployment);
    verifier = new TokenVerifier(deployment.withIssuer(issuer.issuerConfig()), () => noon);
  });

  test('gives tokens that hold', async () => {
    const request = { agency: 'sante', roles: ['clinician'] as const, sub: 'dr.alami', units: ['sante/chu-oujda'] };
    const answer = await issuer.issue({ ...request, roles: [...request.roles] }, noon);
    expect(answer).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 3600 });
    expect(decodeProtectedHeader(answer.access_token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    expect(await verifier.verify(`Bearer ${answer.access_token}`)).toMatchObject({
      agency: 'sante',
      kinds: ['provider'],
      subject: 'dr.alami',
      roles: ['clinician'],
      units: ['sante/chu-oujda'],
      expiresAt: new Date(noon + 3_600_000),
    });
  });

  test('gives them for every agency, enforcement too', async () => {
    for (const { code } of deployment.agencies) {
      const { access_token } = await issuer.issue({ agency: code, roles: ['supervisor'] }, noon);
      expect(await verifier.verify(`Bearer ${access_token}`)).toMatchObject({
        agency: code,
        subject: `${code}-supervisor`,
        units: [],
      });
    }
  });

  test('publishes no private key, and no two have the same', async () => {
    const other = await DevIssuer.create(deployment);
    expect(JSON.stringify(issuer.issuerConfig())).not.toContain('"d"');
    const { access_token } = await other.issue({ agency: 'oim', roles: ['caseworker'] }, noon);
    await expect(verifier.verify(`Bearer ${access_token}`)).rejects.toMatchObject({ code: 'token.invalid' });
  });

  test('refuses what would be refused later', async () => {
    const attempt = (agency: string, units?: string[]) => issuer.issue({ agency, roles: ['caseworker'], units });
    await expect(attempt('consulate')).rejects.toMatchObject({ field: 'agency' });
    await expect(attempt('oim', ['hcr/rabat'])).rejects.toMatchObject({ field: 'units' });
    await expect(attempt('consulate')).rejects.toBeInstanceOf(DevTokenRefused);
  });

  test.each([
    {},
    { agency: 'oim' },
    { agency: 'oim', roles: [] },
    { agency: 'oim', roles: ['root'] },
    { agency: 'oim', roles: ['caseworker'], units: [] },
    { agency: 'oim', roles: ['caseworker'], sub: '' },
    { agency: 'oim', roles: ['caseworker'], exp: 1 },
  ])('its request does not take %j', (body) => {
    expect(devTokenRequest.safeParse(body).success).toBe(false);
  });
});

describe('where it is allowed', () => {
  const allowed = (host: string, enabled = true) => devIssuerAllowed({ enabled, host, issuers: [] });

  test.each(['127.0.0.1', '127.8.9.10', '::1', '[::1]', 'localhost', 'LOCALHOST'])('on %s', (host) => {
    expect(allowed(host)).toBe(true);
  });

  test.each(['0.0.0.0', '::', '', '10.0.0.1', '192.168.1.4', '128.0.0.1', '127.0.0.1.example', 'ihala.example'])(
    'not on %p',
    (host) => {
      expect(() => allowed(host)).toThrow(DevIssuerForbidden);
      expect(() => allowed(host)).toThrow(
        /IHALA_DEV_ISSUER=1 gives tokens to everyone, so it needs a loopback address/,
      );
      expect(allowed(host, false)).toBe(false);
    },
  );

  test('not beside a real issuer', async () => {
    const issuers = [(await DevIssuer.create(deployment)).issuerConfig()];
    expect(() => devIssuerAllowed({ enabled: true, host: '127.0.0.1', issuers })).toThrow(
      'IHALA_DEV_ISSUER=1 is refused beside a configured issuer (urn:ihala:development)',
    );
  });
});
