import { isIP } from 'node:net';
import { z } from 'zod';
import { SettingsWrong } from './process/start-failure.js';

/** Set to nothing is not set: neither a free port nor no limit was asked for. */
const wholeNumber = (usual: number, most: number) =>
  z
    .string()
    .regex(/^\d*$/, 'must be a whole number')
    .transform((text) => (text === '' ? usual : Number(text)))
    .pipe(z.int().max(most))
    .default(usual);

function isAddressOrNetwork(text: string): boolean {
  const [address = '', range, more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || more !== undefined) return false;
  if (range === undefined) return true;
  return /^[1-9]\d{0,2}$/.test(range) && Number(range) <= (version === 4 ? 32 : 128);
}
const proxies = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    const wrong = text.split(',').find((part) => !isAddressOrNetwork(part.trim()));
    if (wrong !== undefined) context.addIssue(`${wrong.trim()} is no address or network`);
  });

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
  IHALA_TRUSTED_PROXIES: proxies.optional(),
  /** requests a minute a caller; 0: no limit */
  IHALA_RATE_LIMIT: wholeNumber(6000, 1e9),
  /** live timelines and exports that one caller has open at once; 0: no limit */
  IHALA_STREAM_LIMIT: wholeNumber(100, 1e9),
  PORT: wholeNumber(3000, 65535),
  IHALA_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});
export type Environment = z.infer<typeof environmentSchema>;

/** @throws Error that names each variable that is wrong */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const result = environmentSchema.safeParse(env);
  if (result.success) return result.data;
  throw new SettingsWrong(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
}
