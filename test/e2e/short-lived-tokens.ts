import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultDeploymentFile } from '@ihala/access';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import type { Employee } from './people.js';

const iss = 'https://id.example';

/** An issuer whose tokens last as long as a test wants. */
export class ShortLivedTokens {
  private constructor(
    private readonly key: CryptoKey,
    /** what a server's environment needs to trust it */
    readonly settings: Readonly<Record<string, string>>,
  ) {}

  static async create(folder: string): Promise<ShortLivedTokens> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const deployment = JSON.parse(readFileSync(defaultDeploymentFile, 'utf8')) as { agencies: { code: string }[] };
    const agencies = deployment.agencies.map(({ code }) => code);
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'short' }] };
    const file = join(folder, 'deployment.json');
    writeFileSync(file, JSON.stringify({ ...deployment, issuers: [{ iss, algorithms: ['ES256'], jwks, agencies }] }));
    return new ShortLivedTokens(privateKey, { IHALA_CONFIG: file, IHALA_DEV_ISSUER: '0' });
  }

  /** @param expiresAt seconds since 1970 */
  of({ sub, ...claims }: Employee, expiresAt: number): Promise<string> {
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'short' })
      .setIssuer(iss)
      .setAudience('ihala')
      .setSubject(sub)
      .setExpirationTime(expiresAt)
      .sign(this.key);
  }
}
