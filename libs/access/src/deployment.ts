import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { agencyCode, agencyKinds, unitName, type AgencyKind } from '@ihala/contracts';
import { z } from 'zod';
import { isLoopback } from './loopback.js';

/** Only those whose public half can't sign: a shared secret in a verifier is a secret to forge with. */
export const signatureAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

const name = z.string().min(1).max(200);
const agencySchema = z.strictObject({
  code: agencyCode,
  kinds: z
    .array(z.enum(agencyKinds))
    .min(1)
    .refine((kinds) => kinds.length === 1 || !kinds.includes('enforcement'), 'enforcement goes with no other kind'),
  names: z.strictObject({ fr: name, ar: name, en: name }),
  /** `any`: every well-formed `<agency>/<slug>` */
  units: z.union([z.literal('any'), z.array(unitName)]).default('any'),
});

const publicKey = z
  .looseObject({ kty: z.enum(['RSA', 'EC', 'OKP']) })
  .refine((key) => !('d' in key) && !('k' in key), 'holds a secret: put the public key here');
const keysUrl = z
  .url()
  .refine(
    (text) => isKeysUrl(new URL(text)),
    'must be https (plain http only on this machine), without user or password',
  );
const issuerSchema = z
  .strictObject({
    /** as in the token's `iss`, character by character */
    iss: z.string().min(1).max(500),
    algorithms: z.array(z.enum(signatureAlgorithms)).min(1),
    jwks: z.strictObject({ keys: z.array(publicKey).min(1) }).optional(),
    jwksUri: keysUrl.optional(),
    /** whose employees it may vouch for */
    agencies: z.array(agencyCode).min(1),
  })
  .refine(({ jwks, jwksUri }) => (jwks === undefined) !== (jwksUri === undefined), 'needs either jwks or jwksUri');

const deploymentSchema = z
  .strictObject({
    agencies: z.array(agencySchema).min(1),
    issuers: z.array(issuerSchema).default([]),
    /** `readsAll`: the agencies whose auditors read the doings of all */
    audit: z.strictObject({ readsAll: z.array(agencyCode) }).default({ readsAll: ['cndp'] }),
  })
  .superRefine(({ agencies, issuers, audit }, context) => {
    const codes = agencies.map((agency) => agency.code);
    const refuse = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message, input: undefined });
    for (const [index, { code, units }] of agencies.entries()) {
      if (codes.indexOf(code) !== index) refuse(['agencies', index, 'code'], `${code} is there twice`);
      const foreign = units === 'any' ? undefined : units.find((unit) => !unit.startsWith(`${code}/`));
      if (foreign) refuse(['agencies', index, 'units'], `${foreign} is no unit of ${code}`);
    }
    for (const [index, issuer] of issuers.entries()) {
      if (issuers.findIndex(({ iss }) => iss === issuer.iss) !== index) {
        refuse(['issuers', index, 'iss'], `${issuer.iss} is there twice`);
      }
      const unknown = issuer.agencies.find((code) => !codes.includes(code));
      if (unknown) refuse(['issuers', index, 'agencies'], `there is no agency ${unknown}`);
    }
    const unknown = audit.readsAll.find((code) => !codes.includes(code));
    if (unknown) refuse(['audit', 'readsAll'], `there is no agency ${unknown}`);
  });

export type Agency = z.infer<typeof agencySchema>;
export type Issuer = z.infer<typeof issuerSchema>;

/** The configuration file can't be read, or says something that can't be. The message names the file and the field. */
export class DeploymentInvalid extends Error {}

/** Who takes part: agencies, their units, and the issuers of their employees' tokens. */
export class Deployment {
  readonly agencies: readonly Agency[];
  readonly issuers: readonly Issuer[];
  readonly audit: { readonly readsAll: readonly string[] };

  /**
   * @param from what to call the source in messages
   * @throws DeploymentInvalid
   */
  constructor(settings: unknown, from = 'deployment') {
    const parsed = deploymentSchema.safeParse(settings);
    if (!parsed.success) {
      const lines = parsed.error.issues.map(({ path, message }) => `${from}: ${path.join('.') || 'file'}: ${message}`);
      throw new DeploymentInvalid(lines.join('\n'));
    }
    this.agencies = parsed.data.agencies;
    this.issuers = parsed.data.issuers;
    this.audit = parsed.data.audit;
  }

  agency(code: string): Agency | undefined {
    return this.agencies.find((agency) => agency.code === code);
  }

  /** Empty for an agency that does not take part. */
  kindsOf(code: string): readonly AgencyKind[] {
    return this.agency(code)?.kinds ?? [];
  }

  isUnitOf(code: string, unit: string): boolean {
    const units = this.agency(code)?.units;
    if (units === 'any') return unit.startsWith(`${code}/`) && unitName.safeParse(unit).success;
    return units?.includes(unit) ?? false;
  }

  /** The same with one more issuer. @throws DeploymentInvalid */
  withIssuer(issuer: Issuer): Deployment {
    const { agencies, issuers, audit } = this;
    return new Deployment({ agencies, issuers: [...issuers, issuer], audit }, `deployment with issuer ${issuer.iss}`);
  }
}

export const defaultDeploymentFile = fileURLToPath(new URL('../config/default-deployment.json', import.meta.url));

/** @throws DeploymentInvalid */
export function loadDeployment(file = defaultDeploymentFile): Deployment {
  let settings: unknown;
  try {
    settings = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new DeploymentInvalid(`${file}: ${(error as Error).message}`);
  }
  return new Deployment(settings, file);
}

function isKeysUrl(url: URL): boolean {
  const bare = url.username === '' && url.password === '';
  return bare && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)));
}
