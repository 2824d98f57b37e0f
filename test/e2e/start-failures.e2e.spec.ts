import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from './client.js';
import { defaultDeploymentFile } from '@ihala/access';
import { environmentSchema, readEnvironment } from '@ihala/service-kit';
import { fatima } from './people.js';
import { program } from './program.js';
import { build, ServerProcess, startFailed } from './server-process.js';
import { opened, sent } from './stories.js';
import { newFolder } from './world.js';

jest.setTimeout(120_000);
beforeAll(build);

const ended: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});
function dataFolder(): string {
  const folder = newFolder();
  ended.push(async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
async function start(folder: string, bounds: Parameters<typeof ServerProcess.start>[3] = {}): Promise<ServerProcess> {
  const server = await ServerProcess.start(folder, 'error', { IHALA_RATE_LIMIT: '0' }, bounds);
  ended.push(() => server.end('SIGKILL'));
  return server;
}
/** A folder that was in use, and is not any more. */
async function usedFolder(): Promise<string> {
  const folder = dataFolder();
  const server = await start(folder);
  await opened(await server.as(fatima));
  await server.end('SIGTERM');
  return folder;
}

describe('a start that cannot be', () => {
  it('on a folder that another process serves says so; the other goes on', async () => {
    const folder = dataFolder();
    const server = await start(folder);
    expect(await startFailed(folder)).toMatchObject({
      code: 75,
      said: expect.stringMatching(/an Ihala runs on \S+ already; stop it, or give this one a folder of its own/),
    });
    await opened(await server.as(fatima));
  });

  it('on a folder that may not be written says so', async () => {
    const folder = await usedFolder();
    // whoever runs the tests as root starts it as somebody else
    const somebody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    if ('uid' in somebody) for (const path of ['', ...readdirSync(folder)]) chownSync(join(folder, path), 65534, 65534);
    chmodSync(folder, 0o500);
    expect(await startFailed(folder, {}, somebody)).toMatchObject({
      code: 73,
      said: expect.stringMatching(
        /the data folder \S+ cannot be used \(EACCES\): it must be a folder that this user may/,
      ),
    });
    chmodSync(folder, 0o700);
  });

  it('on what is no folder says so', async () => {
    const file = join(dataFolder(), 'file');
    writeFileSync(file, '');
    expect(await startFailed(file)).toMatchObject({
      code: 73,
      said: expect.stringContaining('cannot be used (EEXIST)'),
    });
  });

  it('on a place where no folder can be made says so, and so does a backup', async () => {
    for (const folder of ['/proc/x', '/proc/x/y', '/dev/null/x']) {
      expect(await startFailed(folder)).toMatchObject({
        code: 73,
        said: expect.stringMatching(/cannot be used \(ENO/),
      });
    }
    expect(await program('backup', '/proc/x', '--data', await usedFolder())).toMatchObject({
      code: 1,
      err: expect.stringContaining('ENOENT'),
    });
  });

  it('on a folder into which a restore did not end says so, and makes nothing there', async () => {
    const folder = dataFolder();
    mkdirSync(join(folder, 'restoring'));
    expect(await startFailed(folder)).toMatchObject({
      code: 73,
      said: expect.stringMatching(/a restore into \S+ did not end: empty the folder, but for kek, and restore again/),
    });
    expect(readdirSync(folder)).toEqual(['restoring']);
  });

  it('on a disk without room says so, and leaves what there is', async () => {
    const folder = await usedFolder();
    const sizes = () => readdirSync(folder).filter((name) => name.endsWith('.sqlite'));
    const before = sizes();
    expect(await startFailed(folder, {}, { fileKiB: 1 })).toMatchObject({
      code: 73,
      said: expect.stringMatching(/nothing could be written into \S+ \(.*\): make room there/),
    });
    expect(sizes()).toEqual(before);
    await start(folder);
  });

  it('on a port that is taken says so, and of the key that was made meanwhile, once', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    ended.push(async () => other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const folder = dataFolder();
    const taken = {
      code: 75,
      said: expect.stringMatching(/EADDRINUSE.*: give another PORT, or stop what listens there/),
    };
    const told = `A new key-encryption key is in ${join(folder, 'kek')}: without it the data cannot be read; keep a copy elsewhere\n`;
    expect(await startFailed(folder, { PORT: String(port) })).toEqual({ ...taken, told });
    expect(await startFailed(folder, { PORT: String(port) })).toEqual({ ...taken, told: '' });
  });

  it('with the wrong key, without one, or with one that others can read says so, and makes none', async () => {
    const folder = await usedFolder();
    const key = { IHALA_KEK: Buffer.alloc(32, 7).toString('base64') };
    expect(await startFailed(folder, key)).toMatchObject({
      code: 78,
      said: expect.stringContaining('give the right IHALA_KEK'),
    });
    chmodSync(join(folder, 'kek'), 0o644);
    expect(await startFailed(folder)).toMatchObject({ code: 78, said: expect.stringContaining('chmod 600 it') });
    rmSync(join(folder, 'kek'));
    expect(await startFailed(folder)).toMatchObject({
      code: 78,
      said: expect.stringContaining('put the file back or set'),
    });
    expect(existsSync(join(folder, 'kek'))).toBe(false);
    const nonsense = { IHALA_KEK: 'swordfish' };
    const { code, said } = await startFailed(folder, nonsense);
    expect([code, said]).toEqual([78, expect.stringContaining('IHALA_KEK must be 32 random bytes')]);
    expect(said).not.toContain('swordfish');
  });

  it('with settings that are wrong names them', async () => {
    expect(await startFailed(dataFolder(), { PORT: 'x', IHALA_RATE_LIMIT: '-1' })).toMatchObject({
      code: 78,
      said: expect.stringMatching(/IHALA_RATE_LIMIT: .*; PORT: /),
    });
  });

  const config = (text: string) => {
    const file = join(dataFolder(), 'ihala.json');
    writeFileSync(file, text);
    return { IHALA_CONFIG: file };
  };
  const withIssuer = (): string => {
    const deployment = JSON.parse(readFileSync(defaultDeploymentFile, 'utf8')) as object;
    const issuer = { iss: 'https://id.oim.example', algorithms: ['ES256'], agencies: ['oim'] };
    return JSON.stringify({ ...deployment, issuers: [{ ...issuer, jwksUri: 'https://id.oim.example/keys' }] });
  };
  it.each<[string, () => Record<string, string>, RegExp]>([
    [
      'no proxy’s address',
      () => ({ IHALA_TRUSTED_PROXIES: '10.0.0.1, zz' }),
      /IHALA_TRUSTED_PROXIES: zz is no address/,
    ],
    ['no network', () => ({ IHALA_TRUSTED_PROXIES: '10.0.0.0/33' }), /IHALA_TRUSTED_PROXIES: 10\.0\.0\.0\/33 is no/],
    ['a deployment file that is not there', () => ({ IHALA_CONFIG: '/nope' }), /IHALA_CONFIG: \/nope: ENOENT/],
    ['one that is no JSON', () => config('{ "agencies": '), /IHALA_CONFIG: \S+ihala\.json: /],
    [
      'one with an unknown field',
      () => config('{ "debug": true }'),
      /IHALA_CONFIG: [^]*: file: Unrecognized key: "debug"/,
    ],
    ['everybody served by the development issuer', () => ({ IHALA_HOST: '0.0.0.0' }), /loopback address as IHALA_HOST/],
    ['an issuer beside it', () => config(withIssuer()), /IHALA_DEV_ISSUER=1 is refused beside a configured issuer/],
    ['an address of another machine', () => ({ IHALA_HOST: '203.0.113.1', IHALA_DEV_ISSUER: '0' }), /IHALA_HOST: /],
  ])('with a setting that cannot be names it: %s', async (_, settings, said) => {
    expect(await startFailed(dataFolder(), settings())).toMatchObject({ code: 78, said: expect.stringMatching(said) });
  });
});

describe('the program that starts Ihala', () => {
  it('says how to set each setting, and so do the documents', async () => {
    const { code, out, err } = await program('main', '--help');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('PORT=8080 IHALA_DATA=/srv/ihala npm start');
    const documented = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');
    for (const name of Object.keys(environmentSchema.shape)) {
      expect(out).toMatch(new RegExp(`^  ${name} {2,}\\S`, 'm'));
      expect(documented).toContain(`| \`${name}\``);
    }
  });

  it('takes what is set to nothing as not set, where a number is wanted', () => {
    expect(readEnvironment({ PORT: '', IHALA_RATE_LIMIT: '' })).toEqual(readEnvironment({}));
    for (const PORT of [' ', '0x10', '1e3', '-1', '65536', '1.5'])
      expect(() => readEnvironment({ PORT })).toThrow(/PORT/);
  });

  it('takes no parameters', async () => {
    for (const wrong of ['8080', '--port=8080']) {
      expect(await program('main', wrong)).toMatchObject({ code: 2, err: expect.stringContaining('PORT=8080') });
    }
  });
});

describe('a disk that fills up while Ihala serves', () => {
  it('refuses commands and loses none, tells so, and goes on when there is room', async () => {
    const folder = dataFolder();
    const server = await start(folder, { fileKiB: 2048 });
    const by = await server.as(fatima);
    const { caseId } = await sent(by);
    const acknowledged: string[] = [];
    const refused: string[] = [];
    const note = async (n: number) => {
      const text = `${n} ${'x'.repeat(9_000)}`;
      const answer = await by.post(`/v1/cases/${caseId}/notes`, { text }, { 'idempotency-key': `note-${n}` });
      if (answer.status === 200) acknowledged.push(`note-${n}`);
      else {
        expect([answer.outcome, answer.headers.get('retry-after')]).toEqual(['503 storage.unavailable', '5']);
        refused.push(`note-${n}`);
      }
    };
    for (let n = 0; refused.length === 0; n += 8) await Promise.all(Array.from({ length: 8 }, (_, i) => note(n + i)));
    for (let look = 0; look < 5; look += 1) {
      await note(10_000 + look);
      expect((await server.anybody.get('/readyz')).outcome).toBe('503 storage.unavailable');
      expect((await by.get(`/v1/cases/${caseId}`)).status).toBe(200);
    }
    expect((await server.anybody.get('/livez')).status).toBe(200);
    expect((await server.anybody.get('/metrics')).text).toContain('ihala_storage_writable{service="cases"} 0');

    server.makeRoom();
    await eventually(async () => expect((await server.anybody.get('/readyz')).status).toBe(200), 20_000);
    await note(99_999);
    expect(acknowledged.at(-1)).toBe('note-99999');
    await server.end('SIGKILL');
    const again = await start(folder);
    const notes = (await (await again.as(fatima)).get(`/v1/cases/${caseId}`)).body['notes'] as { text: string }[];
    const written = notes.map(({ text }) => `note-${text.split(' ')[0]}`);
    expect(written.toSorted()).toEqual(acknowledged.toSorted());
  });
});
