import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { build } from '@ihala/service-kit';
import { flush } from '../data-folder.js';

/** The parts of a backup. They lie in folders of their own, because the keyring must not be kept for long. */
export const parts = ['logs', 'keyring'] as const;
export type Part = (typeof parts)[number];

const file = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*\.sqlite$/),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** how far a log goes, and what it has heard of others */
  log: z
    .strictObject({
      service: z.string(),
      version: z.int(),
      position: z.int(),
      sequence: z.int(),
      heard: z.record(z.string(), z.int()),
    })
    .optional(),
});
const manifest = z.strictObject({
  ihalaBackup: z.literal(1),
  part: z.enum(parts),
  /** everything that was acknowledged before is in it */
  begunAt: z.iso.datetime(),
  versions: z.record(z.string(), z.string()),
  files: z.array(file).min(1),
});
export type Manifest = z.infer<typeof manifest>;
export type BackupFile = z.infer<typeof file>;

const manifestName = 'manifest.json';

/** Written last: a folder without it is no backup. */
export function writeManifest(folder: string, content: Pick<Manifest, 'part' | 'begunAt' | 'files'>): void {
  const whole = { ihalaBackup: 1, ...content, versions: build };
  const descriptor = openSync(join(folder, manifestName), 'wx', 0o600);
  try {
    writeSync(descriptor, `${JSON.stringify(whole, null, 2)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  flush(folder);
}

/** @throws Error when it is not there, or not one of this part that can be read */
export function readManifest(folder: string, part: Part): Manifest {
  const path = join(folder, part, manifestName);
  try {
    const content = manifest.parse(JSON.parse(readFileSync(path, 'utf8')));
    if (content.part !== part) throw new Error(`it is that of the ${content.part}`);
    return content;
  } catch (error) {
    const { name, code } = error as NodeJS.ErrnoException;
    const why =
      code ?? (name === 'ZodError' || name === 'SyntaxError' ? 'not as a backup writes it' : (error as Error).message);
    throw new Error(`${path} cannot be used: ${why}`, { cause: error });
  }
}

/** A file of a backup as it is now. */
export async function described(path: string): Promise<Omit<BackupFile, 'log'>> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { name: basename(path), bytes: statSync(path).size, sha256: hash.digest('hex') };
}

/** @throws Error that names each file that is missing, changed or too many */
export async function requireUnchanged(folder: string, { part, files }: Manifest): Promise<void> {
  const present = readdirSync(join(folder, part)).filter((name) => name !== manifestName);
  const wrong = present
    .filter((name) => !files.some((known) => known.name === name))
    .map((name) => `${name} is not of it`);
  for (const { name, bytes, sha256 } of files) {
    if (!present.includes(name)) wrong.push(`${name} is missing`);
    else {
      const now = await described(join(folder, part, name));
      if (now.sha256 !== sha256 || now.bytes !== bytes) wrong.push(`${name} is not what was written`);
    }
  }
  if (wrong.length > 0) throw new Error(`${join(folder, part)} was changed: ${wrong.join('; ')}`);
}
