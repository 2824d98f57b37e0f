import { beforeAll, describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { Deployment, loadDeployment, type Issuer } from './deployment.js';
import { encode, good, keys, noon, oim, sante, seconds, signed, type Keys } from './tokens.fixtures.js';
import { TokenInvalid, TokenMissing, TokenVerifier } from './tokens.js';

let oimKeys: Keys;
let santeKeys: Keys;
let strange: Keys;
let deployment: Deployment;
beforeAll(async () => {
  [oimKeys, santeKeys, strange] = await Promise.all([keys(), keys(), keys()]);
  const { agencies, audit } = loadDeployment();
  const issuers: Issuer[] = [
    { iss: oim, algorithms: ['ES256'], jwks: { keys: [oimKeys.jwk] }, agencies: ['oim'] },
    { iss: sante, algorithms: ['ES256'], jwks: { keys: [santeKeys.jwk] }, agencies: ['sante'] },
  ];
  deployment = new Deployment({ agencies, audit, issuers });
});
const verify = (token: string, now = noon) => new TokenVerifier(deployment, () => now).verify(`Bearer ${token}`);
const refused = (token: string) => expect(verify(token)).rejects.toMatchObject({ code: 'token.invalid' });

describe('a good token', () => {
  test('says who calls', async () => {
    expect(await verify(await signed(good, oimKeys))).toEqual({
      issuer: oim,
      agency: 'oim',
      kinds: ['custody', 'provider'],
      subject: 'k.benali',
      roles: ['caseworker'],
      units: [],
      expiresAt: new Date(noon + 600_000),
    });
  });

  test('may name units, several audiences, a start, and its type in full', async () => {
    const claims = { ...good, aud: ['other', 'ihala'], units: ['oim/oujda', 'oim/rabat'], nbf: seconds + 3 };
    const caller = await verify(await signed(claims, oimKeys, { typ: 'application/at+jwt' }));
    expect(caller.units).toEqual(['oim/oujda', 'oim/rabat']);
    await expect(verify(await signed(good, oimKeys, { kid: undefined }))).resolves.toBeDefined();
  });

  test('is good until it expires, five seconds of clock skew allowed, and not longer for having been seen', async () => {
    let now = noon;
    const verifier = new TokenVerifier(deployment, () => now);
    const header = `bearer ${await signed(good, oimKeys)}`;
    const first = await verifier.verify(header);
    expect(await verifier.verify(header)).toBe(first);
    now = noon + 604_000;
    expect(await verifier.verify(header)).toEqual(first);
    now = noon + 605_000;
    await expect(verifier.verify(header)).rejects.toBeInstanceOf(TokenInvalid);
  });
});

describe('no token', () => {
  test.each([undefined, ''])('%p', async (header) => {
    const attempt = new TokenVerifier(deployment).verify(header);
    await expect(attempt).rejects.toBeInstanceOf(TokenMissing);
    await expect(attempt).rejects.toMatchObject({ code: 'token.missing' });
  });
});

describe('a header that holds no one token', () => {
  test.each([
    'Bearer',
    'Bearer ',
    'Basic b2ltOm9pbQ==',
    'Bearer a.b',
    'Bearer a.b.c.d.e',
    'Bearer a.b.c',
    'Bearer ä.b.c',
  ])('%p', async (header) => {
    await expect(new TokenVerifier(deployment).verify(header)).rejects.toBeInstanceOf(TokenInvalid);
  });

  test('two of them, or one and something more', async () => {
    const token = await signed(good, oimKeys);
    const verifier = new TokenVerifier(deployment, () => noon);
    for (const header of [`Bearer ${token}, Bearer ${token}`, `Bearer ${token} x`, ` Bearer ${token}`, token]) {
      await expect(verifier.verify(header)).rejects.toBeInstanceOf(TokenInvalid);
    }
  });

  test('a huge one', async () => {
    await refused(await signed({ ...good, note: 'x'.repeat(10_000) }, oimKeys));
  });

  test('parts that are no JSON', async () => {
    const [header, payload, signature] = (await signed(good, oimKeys)).split('.');
    await refused(`${encode('x').slice(2)}.${payload}.${signature}`);
    await refused(`${header}.bm90IGpzb24.${signature}`);
    await refused(`${header}.${encode(null)}.${signature}`);
  });
});

describe('a forged token', () => {
  test('without a signature', async () => {
    for (const alg of ['none', 'None', 'NONE']) {
      const unsigned = `${encode({ alg, typ: 'at+jwt' })}.${encode(good)}`;
      await refused(`${unsigned}.`);
      await refused(`${unsigned}.AAAA`);
    }
    const [header, payload] = (await signed(good, oimKeys)).split('.');
    await refused(`${header}.${payload}.`);
    await refused(`${header}.${payload}.${'A'.repeat(86)}`);
  });

  test('signed with the public key as if it were a shared secret', async () => {
    const secrets = [await exportSPKI(oimKeys.publicKey), JSON.stringify(oimKeys.jwk), oimKeys.jwk.x!];
    for (const secret of secrets) {
      const content = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: oimKeys.jwk.kid })}.${encode(good)}`;
      await refused(`${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`);
    }
  });

  test('with other claims than were signed', async () => {
    const [header, , signature] = (await signed(good, oimKeys)).split('.');
    await refused(`${header}.${encode({ ...good, roles: ['supervisor'] })}.${signature}`);
  });

  test('by a strange key, under its own id, the issuer’s, or an embedded key', async () => {
    await refused(await signed(good, strange));
    await refused(await signed(good, strange, { kid: oimKeys.jwk.kid }));
    await refused(await signed(good, strange, { kid: undefined }));
    await refused(await signed(good, strange, { jwk: strange.jwk, kid: undefined }));
    await refused(await signed(good, strange, { jku: 'https://evil.example/jwks', kid: undefined }));
    await refused(await signed(good, oimKeys, { kid: 'other' }));
  });

  test('by an algorithm that the issuer does not use', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES384');
    const jwk = { ...(await exportJWK(publicKey)), kty: 'EC' as const };
    const { agencies, audit } = deployment;
    const issuers = [{ iss: oim, algorithms: ['ES256'], jwks: { keys: [oimKeys.jwk, jwk] }, agencies: ['oim'] }];
    const token = await new SignJWT(good).setProtectedHeader({ alg: 'ES384', typ: 'at+jwt' }).sign(privateKey);
    const verifier = new TokenVerifier(new Deployment({ agencies, audit, issuers }), () => noon);
    await expect(verifier.verify(`Bearer ${token}`)).rejects.toBeInstanceOf(TokenInvalid);
  });

  test('with a critical extension, understood or not', async () => {
    await refused(await signed(good, oimKeys, { crit: ['b64'], b64: true }));
    const content = `${encode({ alg: 'ES256', typ: 'at+jwt', kid: oimKeys.jwk.kid, crit: ['x'], x: 1 })}.${encode(good)}`;
    const signature = await crypto.subtle.sign(
      { name: 'ECDSA', hash: 'SHA-256' },
      oimKeys.privateKey,
      Buffer.from(content),
    );
    await refused(`${content}.${Buffer.from(signature).toString('base64url')}`);
  });
});

describe('a token of a known issuer that is not for this', () => {
  test.each<[string, object]>([
    ['expired', { exp: seconds - 6 }],
    ['never expires', { exp: undefined }],
    ['expires beyond time', { exp: 1e300 }],
    ['not yet', { nbf: seconds + 10 }],
    ['for someone else', { aud: 'other' }],
    ['for nobody', { aud: undefined }],
    ['of an unknown issuer', { iss: 'https://id.example' }],
    ['of nearly the issuer', { iss: `${oim}/` }],
    ['of no issuer', { iss: undefined }],
    ['of an issuer that is no text', { iss: ['https://id.oim.example'] }],
    ['of another issuer, with this one’s key', { iss: sante, agency: 'sante' }],
    ['for an agency of another issuer', { agency: 'sante' }],
    ['for an agency that is none', { agency: 'consulate' }],
    ['for enforcement', { agency: 'interieur' }],
    ['for no agency', { agency: undefined }],
    ['for no subject', { sub: undefined }],
    ['for an empty subject', { sub: '' }],
    ['for a blank subject', { sub: '  ' }],
    ['for half a character', { sub: 'a\ud800' }],
    ['for a subject with a line end', { sub: 'a\nb' }],
    ['for a subject with a control character', { sub: 'a\u0001' }],
    ['for an endless subject', { sub: 'x'.repeat(256) }],
    ['without roles', { roles: undefined }],
    ['with an empty list of roles', { roles: [] }],
    ['with a role that is no list', { roles: 'supervisor' }],
    ['with an unknown role beside a known', { roles: ['caseworker', 'root'] }],
    ['with another agency’s unit', { units: ['hcr/rabat'] }],
    ['with one unit of its own and one not', { units: ['oim/oujda', 'hcr/rabat'] }],
    ['with an empty list of units', { units: [] }],
    ['with units that are no list', { units: 'oim/oujda' }],
  ])('%s', async (_, change) => {
    await refused(await signed({ ...good, ...change }, oimKeys));
  });

  test.each(['JWT', 'jwt', 'id+jwt', 'at+jwt; x', undefined])('of type %p', async (typ) => {
    await refused(await signed(good, oimKeys, { typ }));
  });

  test('says nothing about why', async () => {
    const tokens = [await signed({ ...good, exp: 1 }, oimKeys), await signed(good, strange), 'a.b.c'];
    for (const token of tokens) await expect(verify(token)).rejects.toThrow(/^token refused$/);
  });
});
