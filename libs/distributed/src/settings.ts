import { readFileSync } from 'node:fs';
import { environmentSchema, SettingsWrong } from '@ihala/service-kit';
import { z } from 'zod';

const { shape } = environmentSchema;
const flag = z.enum(['0', '1']).default('0');
const text = z.string().min(1);
const count = (usual: number) => z.coerce.number().int().min(1).max(1e6).default(usual);

/** The environment of one replica of one service, checked at start. */
export const settingsSchema = z.object({
  IHALA_ENGINE: z.literal('distributed').default('distributed'),
  PORT: shape.PORT,
  IHALA_HOST: shape.IHALA_HOST,
  IHALA_LOG_LEVEL: shape.IHALA_LOG_LEVEL,
  IHALA_CONFIG: shape.IHALA_CONFIG,
  IHALA_TRUSTED_PROXIES: shape.IHALA_TRUSTED_PROXIES,
  IHALA_RATE_LIMIT: shape.IHALA_RATE_LIMIT,
  IHALA_STREAM_LIMIT: shape.IHALA_STREAM_LIMIT,
  /** mongodb:// of the replica set, with the service's credentials */
  IHALA_MONGODB_URL: text,
  /** the same, with those of the keyring */
  IHALA_KEYRING_URL: text,
  /** 32 bytes, base64 or hex; the same for all */
  IHALA_KEK: text,
  /** host:port, with commas between them */
  IHALA_KAFKA_BROKERS: text.transform((list) => list.split(',')),
  IHALA_KAFKA_TLS: flag,
  /** file of certificate authorities, PEM */
  IHALA_KAFKA_CA: text.optional(),
  IHALA_KAFKA_SASL: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
  IHALA_KAFKA_USERNAME: text.optional(),
  IHALA_KAFKA_PASSWORD: text.optional(),
  IHALA_KAFKA_REPLICATION: count(3),
  IHALA_KAFKA_RETENTION_HOURS: count(168),
  /** redis:// or rediss://; left out: limits and wake-ups are this process's own */
  IHALA_REDIS_URL: text.optional(),
  /** what databases, topics and channels begin with, where installations share servers */
  IHALA_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/)
    .default('ihala'),
  /** names of the sectors that there are, here or elsewhere, with commas between them */
  IHALA_SECTORS: text
    .regex(/^[a-z-]+(,[a-z-]+)*$/)
    .default('education,employment,health,voluntary-return')
    .transform((list) => list.split(',')),
  IHALA_DEV_ISSUER: shape.IHALA_DEV_ISSUER,
  /** 32 bytes, base64 or hex: the development issuer's key, which replicas share */
  IHALA_DEV_ISSUER_KEY: text.optional(),
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

/** @throws Error that names each variable that is wrong, and never what a secret holds */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const given: Record<string, string | undefined> = { ...env };
  for (const name of secretNames) {
    const file = env[`${name}_FILE`];
    if (file !== undefined) given[name] = secretIn(file, `${name}_FILE`);
  }
  const result = settingsSchema.safeParse(given);
  if (result.success) return result.data;
  throw new SettingsWrong(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
}

function secretIn(file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new SettingsWrong(`${name}: cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
}
