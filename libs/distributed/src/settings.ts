import { readFileSync } from 'node:fs';
import { environmentSchema, SettingsWrong } from '@ihala/service-kit';
import { z } from 'zod';

const { shape } = environmentSchema;
const flag = z.enum(['0', '1']).default('0');
const text = z.string();
const count = (usual: number) => z.coerce.number().int().min(1).max(1e6).default(usual);
/** The message says what it has to be: what it is may be secret. */
const like = (form: RegExp, what: string) => text.regex(form, `must be ${what}`);
const mongodb = like(/^mongodb(\+srv)?:\/\/[^/\s]+(\/\S*)?$/, 'mongodb://…');

/** The environment of one replica of one service, checked at start. */
export const settingsSchema = z
  .object({
    IHALA_ENGINE: z.literal('distributed').default('distributed'),
    PORT: shape.PORT,
    IHALA_HOST: shape.IHALA_HOST,
    IHALA_LOG_LEVEL: shape.IHALA_LOG_LEVEL,
    IHALA_CONFIG: shape.IHALA_CONFIG,
    IHALA_TRUSTED_PROXIES: shape.IHALA_TRUSTED_PROXIES,
    IHALA_RATE_LIMIT: shape.IHALA_RATE_LIMIT,
    IHALA_STREAM_LIMIT: shape.IHALA_STREAM_LIMIT,
    /** of the replica set, with the service's credentials */
    IHALA_MONGODB_URL: mongodb,
    /** the same, with those of the keyring */
    IHALA_KEYRING_URL: mongodb,
    /** 32 bytes, base64 or hex; the same for all */
    IHALA_KEK: text,
    IHALA_KAFKA_BROKERS: like(/^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/, 'host:port, with commas between them').transform(
      (list) => list.split(','),
    ),
    IHALA_KAFKA_TLS: flag,
    /** file of certificate authorities, PEM */
    IHALA_KAFKA_CA: text.optional(),
    IHALA_KAFKA_SASL: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
    IHALA_KAFKA_USERNAME: text.optional(),
    IHALA_KAFKA_PASSWORD: text.optional(),
    IHALA_KAFKA_REPLICATION: count(3),
    IHALA_KAFKA_RETENTION_HOURS: count(168),
    /** left out: limits and wake-ups are this process's own */
    IHALA_REDIS_URL: like(/^rediss?:\/\/\S+$/, 'redis://… or rediss://…').optional(),
    /** what databases, topics and channels begin with, where installations share servers */
    IHALA_PREFIX: like(/^[a-z][a-z0-9-]{0,30}$/, 'a short name of small letters').default('ihala'),
    /** names of the sectors that there are, here or elsewhere */
    IHALA_SECTORS: like(/^[a-z-]+(,[a-z-]+)*$/, 'names, with commas between them')
      .default('education,employment,health,voluntary-return')
      .transform((list) => list.split(',')),
    IHALA_DEV_ISSUER: shape.IHALA_DEV_ISSUER,
    /** 32 bytes, base64 or hex: the development issuer's key, which replicas share */
    IHALA_DEV_ISSUER_KEY: text.optional(),
  })
  .superRefine((settings, context) => {
    const lacks = (name: keyof typeof settings, why: string) =>
      context.addIssue({ code: 'custom', path: [name], message: `is needed with ${why}` });
    if (settings.IHALA_KAFKA_SASL) {
      for (const name of ['IHALA_KAFKA_USERNAME', 'IHALA_KAFKA_PASSWORD'] as const) {
        if (settings[name] === undefined) lacks(name, 'IHALA_KAFKA_SASL');
      }
    } else if (settings.IHALA_KAFKA_PASSWORD !== undefined) lacks('IHALA_KAFKA_SASL', 'IHALA_KAFKA_PASSWORD');
    if (settings.IHALA_KAFKA_CA !== undefined && settings.IHALA_KAFKA_TLS === '0')
      lacks('IHALA_KAFKA_TLS', 'IHALA_KAFKA_CA');
  });
export type Settings = z.infer<typeof settingsSchema>;

/** May lie in a file, named by the variable with `_FILE` behind its name. */
export const secretNames = [
  'IHALA_MONGODB_URL',
  'IHALA_KEYRING_URL',
  'IHALA_KEK',
  'IHALA_KAFKA_PASSWORD',
  'IHALA_REDIS_URL',
  'IHALA_DEV_ISSUER_KEY',
] as const satisfies readonly (keyof Settings)[];

/**
 * What is set to nothing is not set.
 * @throws SettingsWrong that names each variable that is wrong, and never what a secret holds
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const faults: string[] = [];
  for (const name of secretNames) {
    const file = given[`${name}_FILE`];
    if (file === undefined) continue;
    if (given[name] !== undefined) faults.push(`${name}: given twice, and by ${name}_FILE`);
    else given[name] = secretIn(file, (why) => faults.push(`${name}_FILE: ${why}`));
  }
  const result = settingsSchema.safeParse(given);
  for (const { path, message } of result.error?.issues ?? []) {
    const name = path.join('.');
    // of what could not be read its file has been told of
    if (!faults.some((fault) => fault.startsWith(`${name}_FILE`))) faults.push(`${name}: ${message}`);
  }
  if (faults.length > 0) throw new SettingsWrong(faults.join('; '));
  return result.data!;
}

function secretIn(file: string, tell: (why: string) => void): string | undefined {
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (secret !== '') return secret;
    tell('is empty');
  } catch (error) {
    tell(`cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  return undefined;
}

/** The database that an address names, or else the one of this name. */
export const databaseIn = (url: string, usual: string): string => {
  const [, named = ''] = /^mongodb(?:\+srv)?:\/\/[^/]+\/([^?]*)/.exec(url) ?? [];
  return named === '' ? usual : decodeURIComponent(named);
};
