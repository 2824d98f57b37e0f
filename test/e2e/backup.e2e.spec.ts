import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { caseId as oldCaseId, oldFolder } from './old-folder.js';
import { aminata, fatima } from './people.js';
import { program, programOnFullDisk } from './program.js';
import { build, ServerProcess } from './server-process.js';
import { sent } from './stories.js';
import { newFolder } from './world.js';

// each look is a program of its own, and a build comes first
jest.setTimeout(120_000);
beforeAll(build);

const ended: (() => Promise<unknown>)[] = [];
const endAll = async () => {
  for (const end of ended.splice(0).reverse()) await end();
};
function folder(): string {
  const made = newFolder();
  ended.push(async () => rmSync(made, { recursive: true, force: true }));
  return made;
}
async function start(data: string): Promise<ServerProcess> {
  const server = await ServerProcess.start(data, 'error', { IHALA_RATE_LIMIT: '0' });
  ended.push(() => server.end('SIGKILL'));
  return server;
}
const services = ['audit', 'cases', 'education', 'employment', 'health', 'voluntary-return'];
const filesIn = (of: string) =>
  readdirSync(of, { recursive: true, encoding: 'utf8' })
    .map((name) => join(of, name))
    .toSorted();

describe('a backup', () => {
  let data: string;
  let kept: string;
  /** two moments of one Ihala that is stopped now */
  let early: string;
  let late: string;
  beforeAll(async () => {
    [data, kept] = [newFolder(), newFolder()];
    [early, late] = [join(kept, 'early'), join(kept, 'late')];
    const server = await ServerProcess.start(data, 'error');
    const by = await server.as(fatima);
    await sent(by);
    await program('backup', early, '--data', data);
    await sent(by);
    await program('backup', late, '--data', data);
    await server.end('SIGTERM');
  });
  afterAll(() => {
    for (const made of [data, kept]) rmSync(made, { recursive: true, force: true });
  });
  afterEach(endAll);

  /** A copy of one, to be spoilt. */
  const copyOf = (backup: string): string => {
    const copy = join(folder(), 'backup');
    cpSync(backup, copy, { recursive: true });
    return copy;
  };
  const restored = async (from: string) => {
    const to = join(folder(), 'data');
    return { ...(await program('restore', from, '--to', to)), empty: !existsSync(to) || readdirSync(to).length === 0 };
  };

  it('is its owner’s alone, and keeps the keyring apart from the logs and the key-encryption key out of both', () => {
    expect(filesIn(late).map((path) => path.slice(late.length + 1))).toEqual(
      ['keyring', 'keyring/keyring.sqlite', 'keyring/manifest.json', 'logs', 'logs/manifest.json']
        .concat(services.map((service) => `logs/${service}.sqlite`))
        .toSorted(),
    );
    const kek = readFileSync(join(data, 'kek'), 'utf8').trim();
    for (const path of [late, ...filesIn(late)]) {
      expect(statSync(path).mode & 0o077).toBe(0);
      if (!statSync(path).isFile()) continue;
      expect(readFileSync(path).includes(kek)).toBe(false);
      expect(readFileSync(path).includes(Buffer.from(kek, 'base64'))).toBe(false);
    }
  });

  it('goes into a folder of its own', async () => {
    const full = folder();
    writeFileSync(join(full, 'letter'), 'x');
    expect(await program('backup', full, '--data', data)).toMatchObject({
      code: 1,
      err: expect.stringContaining('is not empty'),
    });
    expect(readdirSync(full)).toEqual(['letter']);
    expect(await program('backup', join(full, 'new'), '--data', full)).toMatchObject({
      code: 1,
      err: expect.stringContaining('no data folder of Ihala'),
    });
  });

  it('is not taken of logs that fit together at no moment', async () => {
    const unfit = folder();
    for (const name of readdirSync(data)) copyFileSync(join(data, name), join(unfit, name));
    copyFileSync(join(early, 'logs', 'cases.sqlite'), join(unfit, 'cases.sqlite'));
    expect(await program('backup', join(folder(), 'backup'), '--data', unfit)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/no moment was found .* has heard cases up to \d+, whose log ends at \d+/),
    });
  });

  const spoilt: readonly (readonly [string, (backup: string) => void, RegExp])[] = [
    [
      'one byte is another',
      (backup) => flip(join(backup, 'logs', 'cases.sqlite')),
      /cases\.sqlite is not what was written/,
    ],
    [
      'a byte of the keyring is',
      (backup) => flip(join(backup, 'keyring', 'keyring.sqlite')),
      /keyring\.sqlite is not what/,
    ],
    ['a log is missing', (backup) => rmSync(join(backup, 'logs', 'audit.sqlite')), /audit\.sqlite is missing/],
    ['something is in it', (backup) => writeFileSync(join(backup, 'logs', 'x.sqlite'), ''), /x\.sqlite is not of it/],
    [
      'its end was not reached',
      (backup) => rmSync(join(backup, 'logs', 'manifest.json')),
      /manifest\.json cannot be used: ENOENT/,
    ],
    [
      'its manifest is not one',
      (backup) => writeFileSync(join(backup, 'keyring', 'manifest.json'), '{}'),
      /cannot be used: not as/,
    ],
    ['a log and its digest are of another moment', mixed, /the logs do not fit together: .* has heard cases/],
    [
      'its keyring is older than its logs',
      (backup) => part(early, 'keyring', backup),
      /the keyring is of .*, older than the logs/,
    ],
  ];
  it.each(spoilt)('is refused when %s, and nothing is put anywhere', async (_, spoil, said) => {
    const backup = copyOf(late);
    spoil(backup);
    expect(await restored(backup)).toMatchObject({ code: 1, err: expect.stringMatching(said), empty: true });
  });

  it('of logs is restored with a newer keyring, which knows who was erased since', async () => {
    const backup = copyOf(early);
    part(late, 'keyring', backup);
    expect(await restored(backup)).toMatchObject({ code: 0 });
  });

  it('is put into an empty folder, or one with the key-encryption key, never over anything', async () => {
    const to = folder();
    writeFileSync(join(to, 'kek'), readFileSync(join(data, 'kek')), { mode: 0o600 });
    const done = await program('restore', late, '--to', to);
    expect(done).toMatchObject({ code: 0, out: expect.stringContaining('bring the key-encryption key') });
    const kept = [...services.map((service) => `${service}.sqlite`), 'kek', 'keyring.sqlite'];
    expect(readdirSync(to).toSorted()).toEqual(kept.toSorted());
    for (const name of readdirSync(to)) expect(statSync(join(to, name)).mode & 0o777).toBe(0o600);
    const server = await start(to);
    const before = filesIn(to);
    expect(await program('restore', late, '--to', to)).toMatchObject({
      code: 1,
      err: expect.stringContaining('stop Ihala if it runs there'),
    });
    expect(filesIn(to)).toEqual(before);
    const { items } = await (await server.as(fatima)).get('/v1/cases');
    expect(items).toHaveLength(2);
  });

  it('leaves nothing where a disk has no room for it, and a restore nothing but what was there', async () => {
    const [to, place] = [folder(), folder()];
    const full = { code: 1, err: expect.stringMatching(/./) };
    expect(await programOnFullDisk('backup', to, '--data', data)).toMatchObject(full);
    expect(readdirSync(to)).toEqual([]);
    writeFileSync(join(place, 'kek'), 'x');
    expect(await programOnFullDisk('restore', late, '--to', place)).toMatchObject(full);
    expect(readdirSync(place)).toEqual(['kek']);
  });

  it('of a folder that an earlier version wrote is taken as it is, and upgraded where it starts', async () => {
    const [old, to] = [oldFolder(), join(folder(), 'backup')];
    ended.push(async () => rmSync(old, { recursive: true, force: true }));
    expect(await program('backup', to, '--data', old)).toMatchObject({ code: 0, err: '' });
    const place = join(folder(), 'data');
    expect(await program('restore', to, '--to', place)).toMatchObject({ code: 0 });
    copyFileSync(join(old, 'kek'), join(place, 'kek'));
    const version = () => {
      const db = new DatabaseSync(join(place, 'cases.sqlite'), { readOnly: true });
      const { user_version: found } = db.prepare('PRAGMA user_version').get() as { user_version: number };
      db.close();
      return found;
    };
    expect(version()).toBe(1);
    const server = await start(place);
    const { body } = await (await server.as(fatima)).get(`/v1/cases/${oldCaseId}`);
    expect(body).toMatchObject({ person: { givenName: 'Aminata' } });
    expect(version()).toBeGreaterThan(1);
  });

  it.each(['backup', 'restore'])('has a program that explains itself: %s', async (name) => {
    expect(await program(name, '--help')).toMatchObject({
      code: 0,
      out: expect.stringContaining(`npm run ${name} --`),
    });
    expect(await program(name)).toMatchObject({ code: 2, err: expect.stringContaining('is needed') });
    expect(await program(name, 'a', 'b')).toMatchObject({ code: 2 });
    expect(await program(name, 'a', '--frob')).toMatchObject({ code: 2, err: expect.stringContaining('frob') });
  });

  it('tells nothing of a person', async () => {
    const { out } = await program('backup', join(folder(), 'backup'), '--data', data);
    expect(out).not.toContain(aminata.person.familyName);
    const manifests = filesIn(late).filter((path) => path.endsWith('.json'));
    for (const path of manifests) expect(readFileSync(path, 'utf8')).not.toContain('case-');
  });

  function part(from: string, name: string, into: string): void {
    rmSync(join(into, name), { recursive: true });
    cpSync(join(from, name), join(into, name), { recursive: true });
  }

  /** The cases of the early backup among the late logs, described truly. */
  function mixed(backup: string): void {
    copyFileSync(join(early, 'logs', 'cases.sqlite'), join(backup, 'logs', 'cases.sqlite'));
    const described = (of: string) =>
      JSON.parse(readFileSync(join(of, 'logs', 'manifest.json'), 'utf8')) as { files: { name: string }[] };
    const manifest = described(backup);
    const cases = described(early).files.find(({ name }) => name === 'cases.sqlite')!;
    manifest.files = manifest.files.map((file) => (file.name === 'cases.sqlite' ? cases : file));
    writeFileSync(join(backup, 'logs', 'manifest.json'), JSON.stringify(manifest));
  }
});

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length - 100]! ^= 1;
  writeFileSync(path, bytes);
}
