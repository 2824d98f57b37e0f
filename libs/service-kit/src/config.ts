import { z } from 'zod';

/** The environment of every process, checked at start. */
export const environmentSchema = z.object({
  IHALA_ENGINE: z.enum(['embedded']).default('embedded'),
  /** folder of the data files, the keyring and (unless IHALA_KEK is given) the key-encryption key */
  IHALA_DATA: z.string().min(1).default('./data'),
  /** 32 bytes, base64 or hex */
  IHALA_KEK: z.string().min(1).optional(),
  /** path of the deployment's agencies and issuers */
  IHALA_CONFIG: z.string().min(1).optional(),
  IHALA_DEV_ISSUER: z.enum(['0', '1']).default('0'),
  IHALA_HOST: z.string().min(1).default('127.0.0.1'),
  /** addresses or networks, with commas between them */
  IHALA_TRUSTED_PROXIES: z.string().min(1).optional(),
  /** requests a minute a caller; 0: no limit */
  IHALA_RATE_LIMIT: z.coerce.number().int().min(0).max(1e9).default(6000),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  IHALA_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});
export type Environment = z.infer<typeof environmentSchema>;

/** @throws Error that names each variable that is wrong */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const result = environmentSchema.safeParse(env);
  if (result.success) return result.data;
  throw new Error(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
}
