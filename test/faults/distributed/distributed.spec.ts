import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rmSync } from 'node:fs';
import { createServer, type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { describeWithOwn } from '@ihala/test-servers';
import { build } from '../../e2e/server-process.js';
import { Chance, seedOf } from '../chance.js';
import type { DataFile } from '../data-folder.js';
import { mutant } from '../mutant.js';
import { FaultyProxy, type Weather } from './faulty-proxy.js';
import { mutations } from './mutations.js';
import { planOf } from './plan.js';
import { runSeeds } from './seeds.js';
import { Servers } from './servers.js';
import { checkTopics } from './topics.js';

const seed = seedOf();

await describeWithOwn('kafka', `two processes of each service (SEED=${seed} plays it again)`, () => {
  let servers: Servers;
  beforeAll(async () => {
    build();
    servers = await Servers.start();
  }, 180_000);
  afterAll(() => servers.stop(), 60_000);

  it('keep each acknowledged command once, carry it once, and catch up, whatever is killed or cut', async () => {
    const { findings, acknowledged } = await runSeeds({ servers, seed, seeds: 2 });
    expect(findings).toEqual([]);
    expect(acknowledged).toBeGreaterThan(0);
  }, 400_000);
});

describe('a plan of faults', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(planOf(new Chance(seed))).toEqual(planOf(new Chance(seed)));
    expect(planOf(new Chance(seed))).not.toEqual(planOf(new Chance(seed + 1)));
  });

  it.each(Object.entries(mutations))('a fault of the product can be put in: %s', (_, mutation) => {
    rmSync(mutant(mutation), { recursive: true });
  });
});

describe('a check of topics', () => {
  const file = {
    service: 'cases',
    file: 'cases',
    checkpoints: [{ name: 'relay', checkpoint: 2 }],
  } as unknown as DataFile;
  const message = (topic: string, ce_sequence?: string) => ({
    topic: `f.${topic}.v1`,
    headers: { ...(ce_sequence && { ce_sequence }) },
    bytes: Buffer.of(),
  });
  const checks = (...messages: ReturnType<typeof message>[]) =>
    checkTopics('f', [file], messages).map(({ check }) => check);
  const [first, second] = [message('cases', '0000'), message('cases', '0001')];

  it('is content with events that come once or again, and with heads', () => {
    expect(checks(first, message('cases'), second, first, second)).toEqual([]);
  });

  it.each([
    ['topic-gap', [second, first]],
    ['marked-unsent', [first]],
    ['resend-asked', [first, second, message('resend')]],
    ['unreadable', [first, second, message('unreadable')]],
  ])('finds %s', (check, messages) => {
    expect(checks(...messages)).toEqual([check]);
  });
});

describe('a proxy', () => {
  let echo: Server;
  let proxy: FaultyProxy;
  let client: Socket;
  beforeAll(async () => {
    echo = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
    await once(echo, 'listening');
  });
  afterAll(() => void echo.close());

  const joined = async (weather: Weather = { kind: 'fair' }) => {
    proxy = await FaultyProxy.listen('echo');
    proxy.leadTo((echo.address() as AddressInfo).port);
    proxy.weather = weather;
    client = connect(proxy.port, '127.0.0.1');
  };
  const left = async () => {
    client.destroy();
    await proxy.close();
  };

  it('passes on what is said, and hears a word that comes in pieces', async () => {
    await joined();
    proxy.listenFor('Tazmalt');
    client.write('Taz');
    expect(String((await once(client, 'data'))[0])).toBe('Taz');
    expect(proxy.heard).toEqual([]);
    client.write('malt');
    await once(client, 'data');
    expect(proxy.heard).toEqual(['Tazmalt']);
    await left();
  });

  it('cuts a connection in the middle of what it says', async () => {
    await joined({ kind: 'cut', afterBytes: 5 });
    client.write('a long sentence');
    await once(client, 'close');
    expect(client.bytesRead).toBeLessThanOrEqual(5);
    await left();
  });

  it('resets', async () => {
    await joined({ kind: 'reset' });
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    await left();
  });

  it('keeps a half-open connection, which never hears anything again, and lets a new one through', async () => {
    await joined();
    client.write('before');
    await once(client, 'data');
    proxy.weather = { kind: 'half-open' };
    proxy.weather = { kind: 'fair' };
    const other = connect(proxy.port, '127.0.0.1');
    client.write('lost');
    other.write('heard');
    expect(String((await once(other, 'data'))[0])).toBe('heard');
    expect([client.bytesRead, client.destroyed]).toEqual([6, false]);
    other.destroy();
    await left();
  });
});
