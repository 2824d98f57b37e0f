import { createHash } from 'node:crypto';
import { agencyCode, roles, unitName, type AgencyKind, type Role } from '@ihala/contracts';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  errors,
  jwtVerify,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import { z } from 'zod';
import type { Deployment, Issuer } from './deployment.js';

/** Who asks, as a verified token says. */
export interface Caller {
  readonly issuer: string;
  readonly agency: string;
  readonly kinds: readonly AgencyKind[];
  readonly subject: string;
  readonly roles: readonly Role[];
  /** empty: the whole agency */
  readonly units: readonly string[];
  readonly expiresAt: Date;
}

/** No bearer token came with the request. */
export class TokenMissing extends Error {
  readonly code = 'token.missing';
}

/** The token is not one to be believed. Why is not said: it would help a forger only. */
export class TokenInvalid extends Error {
  readonly code = 'token.invalid';
}

/** The issuer's keys can't be had just now, so nothing can be said about its tokens. */
export class IssuerUnavailable extends Error {
  readonly code = 'issuer.unavailable';
}

export const audience = 'ihala';
/** RFC 9068; `application/at+jwt` means the same */
export const tokenType = 'at+jwt';
const clockToleranceSeconds = 5;
/** Longer ones are not read at all. */
const longestToken = 8192;
/** So that a key which its issuer took back does not live on for as long as its tokens. */
const rememberedForMs = 60_000;
const rememberedTokens = 10_000;

/** An employee, as the issuer names them. It stands in events, so it is well-formed text without control characters. */
export const subject = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\p{Cc}\p{Cs}]+$/u)
  .regex(/\S/);
export const tokenRoles = z.array(z.enum(roles)).min(1).max(roles.length);
/** An empty list is refused: it could be meant as "no unit", and would be read as "all units". */
export const tokenUnits = z.array(unitName).min(1).max(100).optional();
const claims = z.object({
  exp: z.number().positive().max(8e12),
  sub: subject,
  agency: agencyCode,
  roles: tokenRoles,
  units: tokenUnits,
});

interface TrustedIssuer {
  readonly settings: Issuer;
  readonly keys: JWTVerifyGetKey;
}

/** Checks access tokens (RFC 9068) against the issuers that the deployment names. */
export class TokenVerifier {
  readonly #deployment: Deployment;
  readonly #now: () => number;
  readonly #issuers: ReadonlyMap<string, TrustedIssuer>;
  readonly #remembered = new Map<string, { readonly caller: Caller; readonly until: number }>();

  /** @param now milliseconds since 1970 */
  constructor(deployment: Deployment, now: () => number = Date.now) {
    this.#deployment = deployment;
    this.#now = now;
    this.#issuers = new Map(deployment.issuers.map((settings) => [settings.iss, { settings, keys: keysOf(settings) }]));
  }

  /** The caller of a token that was verified a moment ago, for which nothing needs to be computed. */
  known(header: string | undefined): Caller | undefined {
    const token = tokenIn(header);
    return token === undefined ? undefined : this.#known(digestOf(token));
  }

  /**
   * @param header the value of `Authorization`
   * @throws TokenMissing | TokenInvalid | IssuerUnavailable
   */
  async verify(header: string | undefined): Promise<Caller> {
    if (!header) throw new TokenMissing('no token');
    const token = tokenIn(header);
    if (!token) throw new TokenInvalid('token refused');
    const digest = digestOf(token);
    const known = this.#known(digest);
    if (known) return known;
    const caller = await this.#verified(token);
    this.#remember(digest, caller);
    return caller;
  }

  async #verified(token: string): Promise<Caller> {
    const issuer = this.#issuers.get(issuerOf(token));
    if (!issuer) throw new TokenInvalid('token refused');
    const parsed = claims.safeParse(await this.#signed(token, issuer));
    if (!parsed.success) throw new TokenInvalid('token refused');
    const { agency, units = [], sub, exp, ...claimed } = parsed.data;
    const assertable = issuer.settings.agencies.includes(agency);
    if (!assertable || !units.every((unit) => this.#deployment.isUnitOf(agency, unit))) {
      throw new TokenInvalid('token refused');
    }
    return Object.freeze({
      issuer: issuer.settings.iss,
      agency,
      kinds: this.#deployment.kindsOf(agency),
      subject: sub,
      roles: [...new Set(claimed.roles)],
      units: [...new Set(units)],
      expiresAt: new Date(exp * 1000),
    });
  }

  async #signed(token: string, { settings, keys }: TrustedIssuer): Promise<JWTPayload> {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        issuer: settings.iss,
        audience,
        typ: tokenType,
        algorithms: settings.algorithms,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(this.#now()),
      });
      // No critical extension is understood here, those that the library knows included.
      if ('crit' in protectedHeader) throw new TokenInvalid('token refused');
      return payload;
    } catch (error) {
      if (error instanceof IssuerUnavailable) throw error;
      throw new TokenInvalid('token refused');
    }
  }

  #known(digest: string): Caller | undefined {
    const known = this.#remembered.get(digest);
    return known && known.until > this.#now() ? known.caller : undefined;
  }

  #remember(digest: string, caller: Caller): void {
    const until = Math.min(caller.expiresAt.getTime(), this.#now() + rememberedForMs);
    this.#remembered.delete(digest);
    this.#remembered.set(digest, { caller, until });
    if (this.#remembered.size > rememberedTokens) this.#remembered.delete(this.#remembered.keys().next().value!);
  }
}

function tokenIn(header: string | undefined): string | undefined {
  const [, token] = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header ?? '') ?? [];
  return token && token.length <= longestToken ? token : undefined;
}

const digestOf = (token: string): string => createHash('sha256').update(token).digest('base64');

/** What the token says before anything is proven: good for choosing the keys, and for nothing else. */
function issuerOf(token: string): string {
  try {
    return decodeJwt(token).iss ?? '';
  } catch {
    throw new TokenInvalid('token refused');
  }
}

function keysOf({ jwks, jwksUri }: Issuer): JWTVerifyGetKey {
  if (jwks) return createLocalJWKSet(jwks as JSONWebKeySet);
  const remote = createRemoteJWKSet(new URL(jwksUri!), { timeoutDuration: 3000 });
  return async (header, token) => {
    try {
      return await remote(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      throw new IssuerUnavailable('the keys of an issuer can’t be fetched', { cause: error });
    }
  };
}
