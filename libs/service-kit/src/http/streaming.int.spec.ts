import { once } from 'node:events';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../app.js';
import { serviceLogger } from '../logging.js';
import { MetricsRegistry } from '../metrics.js';
import { Service } from '../service.js';
import { AnswerInterceptor } from './answer.js';
import { Chunks, ReaderStalled, Streaming } from './streaming.js';

const metrics = new MetricsRegistry();
const log: Record<string, unknown>[] = [];
const logger = serviceLogger('tea', 'info', { write: (line: string) => log.push(JSON.parse(line) as (typeof log)[0]) });

/** Cups of tea, one a chunk; `poured` and `cleared` count what was asked for, and endings. */
let poured = 0;
let cleared = 0;
let pour: (over: AbortSignal) => AsyncGenerator<string>;

async function* cups(most: number, size = 10): AsyncGenerator<string> {
  try {
    for (; poured < most; poured += 1) yield 'x'.repeat(size);
  } finally {
    cleared += 1;
  }
}
async function* untilOver(over: AbortSignal): AsyncGenerator<string> {
  try {
    yield 'first\n';
    poured += 1;
    await once(over, 'abort');
  } finally {
    cleared += 1;
  }
}

@Controller()
class TeaController {
  @Get('tea')
  tea(): Streaming {
    return new Streaming('text/plain', (over) => pour(over));
  }
}
@Module({
  controllers: [TeaController],
  providers: [
    { provide: Service, useValue: { logger, metrics: metrics.for('tea') } },
    { provide: APP_INTERCEPTOR, useClass: AnswerInterceptor },
  ],
})
class TeaModule {}

let app: NestFastifyApplication;
let url: string;
beforeAll(async () => {
  app = await createApp({ module: TeaModule }, { logger, metrics: metrics.for('tea') });
  await app.listen(0, '127.0.0.1');
  url = `${await app.getUrl()}/tea`;
});
afterAll(() => app.close());
beforeEach(() => {
  poured = cleared = 0;
  log.length = 0;
});

const open = async () => (await metrics.openStreams.get()).values[0]?.value;
async function until(holds: () => unknown): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('an answer that is written bit by bit', () => {
  it('arrives whole, is kept by nobody, held back by nobody, and compressed by nobody', async () => {
    pour = () => cups(100);
    const answer = await fetch(url, { headers: { 'accept-encoding': 'gzip, br' } });
    expect(await answer.text()).toBe('x'.repeat(1000));
    const { 'content-type': type, ...headers } = Object.fromEntries(answer.headers);
    expect(type).toBe('text/plain');
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-accel-buffering': 'no', connection: 'close' });
    expect(headers['content-encoding']).toBeUndefined();
  });

  it('is logged once, when it is over, and counted while it is open', async () => {
    pour = untilOver;
    const cut = new AbortController();
    const { body } = await fetch(url, { signal: cut.signal });
    await body!.getReader().read();
    expect(await open()).toBe(1);
    expect(log).toEqual([]);
    cut.abort();
    await until(() => log.length > 0);
    expect(log).toMatchObject([{ msg: 'stream', route: '/tea', method: 'GET', status: 200, ended: 'cut' }]);
    expect([await open(), cleared]).toEqual([0, 1]);

    pour = () => cups(1);
    await (await fetch(url)).text();
    await until(() => log.length > 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(log.map(({ ended }) => ended)).toEqual(['cut', 'complete']);
    expect(await metrics.registry.metrics()).toMatch(
      /_count\{service="tea",method="GET",route="\/tea",status="200"\} 3/,
    );
  });

  it('wakes its source and lets it go when the client leaves while nothing comes', async () => {
    pour = untilOver;
    const cut = new AbortController();
    await (await fetch(url, { signal: cut.signal })).body!.getReader().read();
    await until(() => poured === 1);
    cut.abort();
    await until(() => cleared === 1);
  });

  it('stops working when the client leaves in the middle', async () => {
    pour = () => cups(1_000_000, 1000);
    const cut = new AbortController();
    await (await fetch(url, { signal: cut.signal })).body!.getReader().read();
    cut.abort();
    await until(() => cleared === 1);
    const then = poured;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([poured, then < 1_000_000]).toEqual([then, true]);
  });

  it('that fails once begun is cut off, not ended as if it were whole', async () => {
    pour = async function* () {
      yield 'half';
      await new Promise(setImmediate);
      throw new Error('Aminata fell');
    };
    const answer = await fetch(url);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow('terminated');
    await until(() => log.length > 0);
    expect(log).toMatchObject([{ level: 50, msg: 'stream failed', err: { type: 'Error' } }]);
    expect(JSON.stringify(log)).not.toContain('Aminata');
  });

  it('that fails before it begins is a problem like any other', async () => {
    // eslint-disable-next-line require-yield -- it fails first
    pour = async function* () {
      throw new Error('no tea');
    };
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      500,
      'application/problem+json; charset=utf-8',
    ]);
  });

  it('is not even begun for HEAD', async () => {
    pour = () => cups(1_000_000);
    const answer = await fetch(url, { method: 'HEAD' });
    expect([answer.status, await answer.text(), poured]).toEqual([200, '', 0]);
    await until(() => log.length > 0);
    expect([poured, await open()]).toEqual([0, 0]);
  });

  it('waits for a client that does not read, and asks its source for no more meanwhile', async () => {
    pour = () => cups(100_000, 1000);
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write('GET /tea HTTP/1.1\r\nHost: x\r\n\r\n'));
    socket.pause();
    let before = -1;
    while (before !== poured) {
      before = poured;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(poured).toBeGreaterThan(0);
    // what the machine's own buffers take, some megabytes of the hundred
    expect(poured).toBeLessThan(50_000);
    socket.destroy();
    await until(() => cleared === 1);
  });
});

describe('a reader that takes nothing', () => {
  const stuck = () => new Writable({ highWaterMark: 1, write: () => undefined });

  it('is cut after a while, and the source is let go', async () => {
    const chunks = new Chunks(new Streaming('text/plain', () => cups(1_000_000, 100_000)), 20);
    chunks.pipe(stuck());
    const [error] = await once(chunks, 'error');
    expect(error).toBeInstanceOf(ReaderStalled);
    await until(() => cleared === 1);
    expect(poured).toBeLessThan(5);
  });

  it('is not cut while there is nothing for it', async () => {
    const chunks = new Chunks(new Streaming('text/plain', untilOver), 5);
    chunks.pipe(stuck());
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(chunks.destroyed).toBe(false);
    chunks.destroy();
    await until(() => cleared === 1);
  });

  it('is not cut when it is slow and goes on', async () => {
    const slow = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => void setTimeout(done, 15) });
    const chunks = new Chunks(new Streaming('text/plain', () => cups(20, 100_000)), 300);
    chunks.pipe(slow);
    await once(slow, 'finish');
    expect([poured, chunks.errored]).toEqual([20, null]);
  });
});
