import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type JWTHeaderParameters } from 'jose';
import type { CryptoKey, JWK } from 'jose';

export const noon = Date.parse('2026-11-24T12:00:00Z');
/** noon, as tokens say it */
export const seconds = noon / 1000;
export const oim = 'https://id.oim.example';
export const sante = 'https://id.sante.example';
export const good = {
  iss: oim,
  aud: 'ihala',
  sub: 'k.benali',
  agency: 'oim',
  roles: ['caseworker'],
  exp: seconds + 600,
};
export const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export interface Keys {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK & { kty: 'EC' };
}
export async function keys(): Promise<Keys> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  return { privateKey, publicKey, jwk: { ...jwk, kty: 'EC', kid: await calculateJwkThumbprint(jwk) } };
}
export const signed = (claims: object, by: Keys, header: Partial<JWTHeaderParameters> = {}) =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: by.jwk.kid, ...header })
    .sign(by.privateKey);
