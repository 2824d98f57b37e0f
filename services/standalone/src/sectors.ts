import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Catalogue } from '@ihala/service-kit';

/** Where the services lie, this one among them. */
export const servicesFolder = join(import.meta.dirname, '../..');

/** A sector is kept in its folder as this file is in its own: compiled beside compiled, source beside source. */
const kept = basename(import.meta.dirname);
const ending = extname(import.meta.filename);

/**
 * The catalogues of the sectors that lie in these folders: every package there that says it is one.
 * @returns in the order of their names
 * @throws Error on a folder whose module offers no catalogue of that name
 */
export async function findSectors(folders: readonly string[]): Promise<readonly Catalogue[]> {
  const found = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name))).filter(isSector);
  const byName = found.toSorted((one, other) => (basename(one) < basename(other) ? -1 : 1));
  return Promise.all(byName.map(catalogueIn));
}

function isSector(folder: string): boolean {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) return false;
  const { nx } = JSON.parse(readFileSync(manifest, 'utf8')) as { nx?: { tags?: readonly string[] } };
  return nx?.tags?.includes('type:sector') ?? false;
}

async function catalogueIn(folder: string): Promise<Catalogue> {
  const name = basename(folder);
  const { href } = pathToFileURL(join(folder, kept, `${name}.module${ending}`));
  // eslint-disable-next-line no-restricted-syntax -- a sector is found, not named; that nothing imports one is checked by its tag
  const { catalogue } = (await import(href)) as { catalogue?: Catalogue };
  if (catalogue?.sector !== name) throw new Error(`${folder} offers no catalogue of the sector "${name}"`);
  if (!/^[a-z]+(-[a-z]+)*$/.test(name)) throw new Error(`${folder}: a sector's name is lower-case words and hyphens`);
  return catalogue;
}
