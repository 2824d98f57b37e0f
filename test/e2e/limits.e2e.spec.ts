import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Client, eventually } from './client.js';
import { LiveReader } from './live-reader.js';
import { fatima, hassan } from './people.js';
import { rawRequest } from './raw-request.js';
import { opened } from './stories.js';
import { World } from './world.js';

let world: World | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});
const start = async (...how: Parameters<typeof World.start>): Promise<World> => (world = await World.start(...how));
const limited = (settings: Record<string, string>) => start(undefined, settings);

describe('a caller', () => {
  it('may ask so much a minute of all services together, then is told to wait', async () => {
    const { anybody } = await limited({ IHALA_RATE_LIMIT: '6' });
    const by = await world!.as(fatima);
    const paths = ['/v1/cases', '/v1/health/services', '/v1/cases/nothing'];
    for (const path of [...paths, ...paths]) expect((await by.get(path)).status).not.toBe(429);
    for (const path of paths) {
      const answer = await by.get(path, { 'accept-language': 'en' });
      expect(answer.outcome).toBe('429 rate.exceeded');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.body['title']).toBe('Too many requests');
    }
    expect((await by.post('/v1/cases', 'no JSON')).outcome).toBe('429 rate.exceeded');
    expect((await (await world!.as(hassan)).get('/v1/cases')).status).toBe(200);
    expect((await anybody.get('/metrics')).text).toContain('ihala_rate_limited_total{limit="caller"} 4');
  });

  it('may ask as much as it likes with the limit at 0', async () => {
    await limited({ IHALA_RATE_LIMIT: '0' });
    const by = await world!.as(fatima);
    for (let n = 0; n < 20; n += 1) expect((await by.get('/v1/cases')).status).toBe(200);
  });
});

describe('streams of a caller', () => {
  const readers: LiveReader[] = [];
  afterEach(() => readers.splice(0).forEach((reader) => reader.cut()));
  const followed = async (by: Client, caseId: string): Promise<LiveReader> => {
    const reader = new LiveReader(by, `/v1/cases/${caseId}/timeline/live`);
    readers.push(reader);
    expect((await reader.response()).status).toBe(200);
    return reader;
  };
  const everywhere = { ...fatima, roles: ['caseworker', 'auditor'] };

  it('may be so many at once, in all services together; whoever leaves one may open another', async () => {
    await limited({ IHALA_STREAM_LIMIT: '3' });
    const by = await world!.as(everywhere);
    const caseId = await opened(by);
    for (let n = 0; n < 3; n += 1) await followed(by, caseId);
    for (const path of [`/v1/cases/${caseId}/timeline/live`, '/v1/audit/events.ndjson']) {
      const answer = await by.get(path);
      expect([answer.outcome, answer.headers.get('content-type')]).toEqual([
        '429 rate.exceeded',
        'application/problem+json; charset=utf-8',
      ]);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect((await world!.anybody.get('/metrics')).text).toContain('ihala_rate_limited_total{limit="streams"} 2');
    expect((await by.get(`/v1/cases/${caseId}/timeline`)).status).toBe(200);
    await followed(await world!.as(hassan), caseId);
    readers[0]!.cut();
    await eventually(async () => expect((await by.get('/v1/audit/events.ndjson')).status).toBe(200));
    await followed(by, caseId);
    expect((await by.get(`/v1/cases/${caseId}/timeline/live`)).outcome).toBe('429 rate.exceeded');
  });

  it('may be as many as it likes with the limit at 0', async () => {
    await limited({ IHALA_STREAM_LIMIT: '0' });
    const by = await world!.as(everywhere);
    const caseId = await opened(by);
    for (let n = 0; n < 105; n += 1) await followed(by, caseId);
  });
});

describe('an address', () => {
  const guess = (n: number) =>
    new Client(world!.anybody.url, `e30.${Buffer.from(`{"n":${n}}`).toString('base64url')}.x`);

  it('may guess at tokens so often a minute; whoever is known from there goes on', async () => {
    await limited({ IHALA_RATE_LIMIT: '5' });
    const by = await world!.as(fatima);
    expect((await by.get('/v1/cases')).status).toBe(200);
    for (let n = 0; n < 4; n += 1) expect((await guess(n).get('/v1/cases')).outcome).toBe('401 token.invalid');
    expect((await world!.anybody.get('/v1/cases')).outcome).toBe('401 token.missing');
    expect((await guess(9).get('/v1/health/services')).outcome).toBe('429 rate.exceeded');
    expect((await world!.anybody.get('/v1/cases')).outcome).toBe('429 rate.exceeded');
    expect((await by.get('/v1/cases')).status).toBe(200);
  });

  it('is the client’s own behind a trusted proxy, and the connection’s otherwise', async () => {
    for (const [trusted, second] of [
      [{ IHALA_TRUSTED_PROXIES: '127.0.0.1' }, '401 token.invalid'],
      [{}, '429 rate.exceeded'],
    ] as const) {
      await limited({ IHALA_RATE_LIMIT: '1', ...trusted });
      const from = (address: string) => guess(1).get('/v1/cases', { 'x-forwarded-for': address });
      expect((await from('203.0.113.1')).outcome).toBe('401 token.invalid');
      expect((await from('203.0.113.1')).outcome).toBe('429 rate.exceeded');
      expect((await from('203.0.113.2')).outcome).toBe(second);
      await world!.stop();
    }
    world = undefined;
  });
});

describe('a client that is too slow or too big', () => {
  const patient = { headersMs: 20_000, requestMs: 20_000, keepAliveMs: 20_000, idleMs: 20_000 };
  const begin = async (impatience: object = {}) =>
    (await start(undefined, {}, undefined, { ...patient, ...impatience })).anybody.url;

  it.each([
    ['sends nothing', ''],
    ['sends headers one by one', 'GET /livez HTTP/1.1\r\nHost: x\r\n'],
  ])('and %s gets 408, and the connection ends', async (_, bytes) => {
    const answer = await rawRequest(await begin({ headersMs: 200 }), bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(answer).toContain('"code":"request.timed-out"');
  });

  it('and promises a body that does not come gets 408, which is no fault of ours', async () => {
    const url = await begin({ headersMs: 300, requestMs: 400 });
    const head = `POST /v1/cases HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${await world!.tokenOf(fatima)}\r\n`;
    const answer = await rawRequest(url, `${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`);
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect((await new Client(url).get('/metrics')).text).not.toContain('code="internal"');
  });

  it('and sends headers beyond all measure gets 431', async () => {
    const answer = await rawRequest(await begin(), `GET /livez HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
    expect(answer).toContain('"code":"request.headers-too-large"');
  });

  it('and keeps a connection without using it is let go', async () => {
    expect(await rawRequest(await begin({ keepAliveMs: 200 }), 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 200 OK\r\n/,
    );
  });

  it('and does not read what it asked for is let go', async () => {
    const { hostname, port } = new URL(await begin({ idleMs: 600 }));
    const socket = connect(Number(port), hostname);
    socket.pause();
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write('GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    socket.resume();
    await closed;
    expect(socket.bytesRead).toBeLessThan(20_000_000);
  });
});
