import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fatima, type Employee } from './people.js';
import { rawRequest } from './raw-request.js';
import { World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.start(undefined, { IHALA_TRUSTED_PROXIES: '127.0.0.1' });
});
afterAll(() => world.stop());

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/;
const correlation = '01A20BB2-1BA1-7565-AE9D-8DACE64FE7D1';
const long = 'x'.repeat(5000);

interface Asked {
  readonly path: string;
  readonly status: number;
  readonly by?: Employee;
}
const requests: readonly (readonly [name: string, asked: Asked])[] = [
  ['a list', { path: '/v1/cases', status: 200, by: fatima }],
  ['no token', { path: '/v1/cases', status: 401 }],
  ['not known', { path: '/v1/cases/01a20bb2-1ba1-7565-ae9d-8dace64fe7d1', status: 404, by: fatima }],
  ['not valid', { path: '/v1/cases?limit=0', status: 400, by: fatima }],
  ['no such route', { path: '/v1/nothing', status: 404 }],
  ['no such route of a service', { path: '/v1/cases/a/b/c/d', status: 404 }],
  ['an address that cannot be read', { path: '/v1/cases/%zz', status: 404 }],
  ['an address that is too long', { path: `/v1/cases/${long}`, status: 404 }],
  ['the documentation', { path: '/docs', status: 200 }],
  ['a script of the documentation', { path: '/docs/swagger-ui-bundle.js', status: 200 }],
  ['nothing of the documentation', { path: '/docs/nothing.js', status: 404 }],
  ['the description', { path: '/v1/openapi.json', status: 200 }],
  ['metrics', { path: '/metrics', status: 200 }],
  ['life', { path: '/livez', status: 200 }],
];

describe('every answer', () => {
  it.each(requests)('is guarded and can be found again: %s', async (_, { path, status, by }) => {
    const client = by ? await world.as(by) : world.anybody;
    const answer = await client.get(path, { 'x-correlation-id': correlation });
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; .*frame-ancestors 'none'/),
      'cross-origin-resource-policy': 'same-origin',
      'x-request-id': expect.stringMatching(uuid),
      'x-correlation-id': correlation.toLowerCase(),
    });
    for (const name of ['server', 'x-powered-by', 'strict-transport-security'])
      expect(answer.headers.has(name)).toBe(false);
  });

  it('has its own id for correlation when none, or none that is a UUID, is given', async () => {
    for (const given of [undefined, { 'x-correlation-id': 'Aminata Diallo' }]) {
      const { headers } = await world.anybody.get('/livez', given);
      expect(headers.get('x-correlation-id')).toBe(headers.get('x-request-id'));
    }
  });

  it('asks browsers for TLS only when the proxy says that the client used it', async () => {
    const by = async (proto: string) =>
      (await world.anybody.get('/livez', { 'x-forwarded-proto': proto })).headers.get('strict-transport-security');
    expect(await by('https')).toBe('max-age=31536000; includeSubDomains');
    expect(await by('http')).toBeNull();
  });

  it.each([
    ['no HTTP', 'nonsense\r\n\r\n', '400 Bad Request', 'request.invalid', 'fr'],
    ['no Host', 'GET /livez HTTP/1.1\r\nAccept-Language: ar\r\n\r\n', '400 Bad Request', 'request.invalid', 'ar'],
    [
      'an expectation',
      'POST /v1/cases HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nAccept-Language: en\r\nContent-Length: 2\r\n\r\n{}',
      '417 Expectation Failed',
      'request.expectation-failed',
      'en',
    ],
  ])('to a request that is none is guarded too: %s', async (_, bytes, status, code, language) => {
    const refusals = async () => {
      const { text } = await world.anybody.get('/metrics');
      return Number(new RegExp(`refusals_total\\{service="standalone",code="${code}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
    };
    const before = await refusals();
    const [head = '', body = ''] = (await rawRequest(world.anybody.url, bytes)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status}\r\n`));
    for (const header of [
      'content-type: application/problem+json; charset=utf-8',
      `content-language: ${language}`,
      'x-content-type-options: nosniff',
      'x-request-id: ',
      'content-security-policy: ',
    ])
      expect(head.toLowerCase()).toContain(header);
    expect(JSON.parse(body)).toMatchObject({ status: Number(status.slice(0, 3)), code });
    expect(await refusals()).toBe(before + 1);
  });

  it('to what asks to go on before it sends is as ever', async () => {
    const request = 'GET /livez HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n';
    expect(await rawRequest(world.anybody.url, request)).toMatch(
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
    );
    expect(await rawRequest(world.anybody.url, 'GET /livez HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });
});

describe('TLS', () => {
  it('is never believed of who is no trusted proxy', async () => {
    const alone = await World.start();
    const { headers } = await alone.anybody.get('/livez', { 'x-forwarded-proto': 'https' });
    await alone.stop();
    expect(headers.has('strict-transport-security')).toBe(false);
  });
});

it('lets the documentation run all that it brings, and nothing else', async () => {
  const { text, headers } = await world.anybody.get('/docs');
  const scripts = [...text.matchAll(/<script([^>]*)>([^<]*)<\/script>/g)];
  expect(scripts.length).toBeGreaterThan(0);
  for (const [, attributes, inline] of scripts) {
    expect(attributes).toMatch(/src="[^":]+"/);
    expect(inline!.trim()).toBe('');
  }
  expect(headers.get('content-security-policy')).toContain("script-src 'self'; style-src 'self' 'unsafe-inline'");
});

it.each(['../package.json', './x', '%2e%2e/package.json', 'a%00b', '..', '%5c..%5cx', '/etc/passwd', 'a/../b'])(
  'has nothing beside the documentation: /docs/%s',
  async (path) => {
    for (const target of [`/docs/${path}`, `http://x/docs/${path}`]) {
      const answer = await rawRequest(
        world.anybody.url,
        `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
      expect(answer).toContain('"code":"route.not-found"');
    }
    expect((await world.anybody.get('/metrics')).text).not.toContain('code="internal"');
  },
);

it.each([
  ['range', 'bytes=999999999-'],
  ['if-match', '"x"'],
  ['if-unmodified-since', 'Mon, 01 Jan 2001 00:00:00 GMT'],
])('gives the documentation whole, whatever is asked of it: %s', async (name, value) => {
  expect((await world.anybody.get('/docs/index.css', { [name]: value })).status).toBe(200);
});
