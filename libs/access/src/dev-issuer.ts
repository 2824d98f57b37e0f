import { createECDH, randomUUID } from 'node:crypto';
import { agencyCode } from '@ihala/contracts';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, SignJWT, type CryptoKey, type JWK } from 'jose';
import { z } from 'zod';
import type { Deployment, Issuer } from './deployment.js';
import { isLoopback } from './loopback.js';
import { audience, subject, tokenRoles, tokenType, tokenUnits } from './tokens.js';

const iss = 'urn:ihala:development';
const algorithm = 'ES256';
const lifetimeSeconds = 3600;

/** The body of `POST /dev/token`. */
export const devTokenRequest = z.strictObject({
  agency: agencyCode,
  roles: tokenRoles,
  sub: subject.optional(),
  units: tokenUnits,
});
export type DevTokenRequest = z.infer<typeof devTokenRequest>;

export interface DevToken {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
}

/** The deployment has no such agency, or the agency no such unit. */
export class DevTokenRefused extends Error {
  constructor(
    readonly field: 'agency' | 'units',
    message: string,
  ) {
    super(message);
  }
}

/** The development issuer was asked for where it must not be. */
export class DevIssuerForbidden extends Error {}

/**
 * Gives anyone a token for any agency and role, so it may exist only where nobody else can ask and nothing is at stake.
 * @param host the address that the server binds to
 * @returns false when it is not asked for
 * @throws DevIssuerForbidden
 */
export function devIssuerAllowed(setting: { enabled: boolean; host: string; issuers: readonly Issuer[] }): boolean {
  if (!setting.enabled) return false;
  if (!isLoopback(setting.host)) {
    throw new DevIssuerForbidden(
      `IHALA_DEV_ISSUER=1 gives tokens to everyone, so it needs a loopback address as IHALA_HOST, not ${setting.host || 'every address'}`,
    );
  }
  const [issuer] = setting.issuers;
  if (issuer) {
    throw new DevIssuerForbidden(`IHALA_DEV_ISSUER=1 is refused beside a configured issuer (${issuer.iss})`);
  }
  return true;
}

/** An issuer whose key lives in memory: what it gave is worthless after a restart. */
export class DevIssuer {
  readonly #deployment: Deployment;
  readonly #key: CryptoKey;
  readonly #publicKey: JWK;

  private constructor(deployment: Deployment, key: CryptoKey, publicKey: JWK) {
    this.#deployment = deployment;
    this.#key = key;
    this.#publicKey = publicKey;
  }

  /**
   * @param seed 32 bytes in base64 or hex: processes that are given the same one take each other's tokens; left out: a new key
   * @throws DevIssuerForbidden when it is no such key
   */
  static async create(deployment: Deployment, seed?: string): Promise<DevIssuer> {
    const { privateKey, publicKey } = seed === undefined ? await generateKeyPair(algorithm) : await pairFrom(seed);
    const jwk = await exportJWK(publicKey);
    return new DevIssuer(deployment, privateKey, { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: algorithm });
  }

  /** For `deployment.withIssuer`. It asserts every agency, enforcement too: that it gets nothing must be seen. */
  issuerConfig(): Issuer {
    const agencies = this.#deployment.agencies.map((agency) => agency.code);
    return { iss, algorithms: [algorithm], jwks: { keys: [this.#publicKey as JWK & { kty: 'EC' }] }, agencies };
  }

  /**
   * @param now milliseconds since 1970
   * @throws DevTokenRefused
   */
  async issue(request: DevTokenRequest, now = Date.now()): Promise<DevToken> {
    const { agency, roles, sub = `${agency}-${roles[0]}`, units } = request;
    if (!this.#deployment.agency(agency)) throw new DevTokenRefused('agency', 'no such agency');
    if (!(units ?? []).every((unit) => this.#deployment.isUnitOf(agency, unit))) {
      throw new DevTokenRefused('units', 'not a unit of this agency');
    }
    const issuedAt = Math.floor(now / 1000);
    const token = new SignJWT({ agency, roles, units, client_id: 'development' })
      .setProtectedHeader({ alg: algorithm, typ: tokenType, kid: this.#publicKey.kid })
      .setIssuer(iss)
      .setAudience(audience)
      .setSubject(sub)
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + lifetimeSeconds);
    return { access_token: await token.sign(this.#key), token_type: 'Bearer', expires_in: lifetimeSeconds };
  }
}

async function pairFrom(seed: string): Promise<{ privateKey: CryptoKey; publicKey: CryptoKey }> {
  const curve = createECDH('prime256v1');
  try {
    curve.setPrivateKey(Buffer.from(seed, /^[0-9a-f]{64}$/i.test(seed) ? 'hex' : 'base64'));
  } catch (error) {
    throw new DevIssuerForbidden('IHALA_DEV_ISSUER_KEY must be 32 random bytes in base64 or hex', { cause: error });
  }
  const point = curve.getPublicKey();
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'));
  const d = curve.getPrivateKey().toString('base64url');
  const jwk = { kty: 'EC', crv: 'P-256', x: x!, y: y! } as const;
  const [privateKey, publicKey] = await Promise.all([importJWK({ ...jwk, d }, algorithm), importJWK(jwk, algorithm)]);
  return { privateKey: privateKey as CryptoKey, publicKey: publicKey as CryptoKey };
}
