import { describe, expect, it } from '@jest/globals';
import { type LiveSource, LiveStreams, type Message } from './live-streams.js';

const message = (place: number): Message => ({ id: `m${place}`, data: { place } });
const text = (place: number) => `id: m${place}\ndata: {"place":${place}}\n\n`;
const inAnHour = () => new Date(Date.now() + 3_600_000);

/** A source of numbers up to `end`, two a page, that counts who listens to it. */
class Numbers implements LiveSource {
  after = 0;
  until = inAnHour();
  end = 0;
  allowed = true;
  readonly wakes = new Set<() => void>();
  pages = 0;
  /** called while a page is read */
  meanwhile: () => void = () => undefined;

  onNews(wake: () => void): () => void {
    this.wakes.add(wake);
    return () => this.wakes.delete(wake);
  }
  async page(after: number) {
    this.pages += 1;
    const end = Math.min(after + 2, this.end);
    this.meanwhile();
    return { messages: Array.from({ length: end - after }, (_, index) => message(after + 1 + index)), end };
  }
  async mayStillSee(): Promise<boolean> {
    return this.allowed;
  }
  add(count: number): void {
    this.end += count;
    for (const wake of this.wakes) wake();
  }
}

const slow = { heartbeatMs: 60_000, retryMs: 3000 };
function opened(source: Numbers, streams = new LiveStreams(slow)) {
  const over = new AbortController();
  const chunks = streams.follow(source).chunks(over.signal);
  const next = async () => (await chunks.next()).value as string | undefined;
  return { next, chunks, over, streams };
}

describe('a live stream', () => {
  it('tells what there is, page by page, and then what comes', async () => {
    const source = new Numbers();
    source.end = 3;
    const { next } = opened(source);
    expect(await next()).toBe('retry: 3000\n\n');
    expect(await next()).toBe(text(1) + text(2));
    expect(await next()).toBe(text(3));
    const coming = next();
    await new Promise(setImmediate);
    source.add(1);
    expect(await coming).toBe(text(4));
  });

  it('misses nothing that comes while it reads, nor while its reader is slow', async () => {
    const source = new Numbers();
    const { next } = opened(source);
    await next();
    source.meanwhile = () => {
      source.meanwhile = () => undefined;
      source.add(1);
    };
    expect(await next()).toBe(text(1));
    source.add(1);
    expect(await next()).toBe(text(2));
  });

  it('reads no further than is asked of it', async () => {
    const source = new Numbers();
    source.end = 1000;
    const { next } = opened(source);
    await next();
    await next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(source.pages).toBe(1);
  });

  it('judges a page after reading it: what was read before the right was lost is not sent', async () => {
    const source = new Numbers();
    source.end = 5;
    const { next } = opened(source);
    await next();
    expect(await next()).toBe(text(1) + text(2));
    source.meanwhile = () => (source.allowed = false);
    expect(await next()).toBeUndefined();
    expect(source.wakes.size).toBe(0);
  });

  it('says that it is alive when there is nothing to say, and finds news that nobody called out', async () => {
    const source = new Numbers();
    const { next } = opened(source, new LiveStreams({ heartbeatMs: 5, retryMs: 1 }));
    await next();
    expect(await next()).toBe(': alive\n\n');
    source.end = 1;
    expect(await next()).toBe(text(1));
    source.allowed = false;
    expect(await next()).toBeUndefined();
  });

  it('ends when the token does, news or no news', async () => {
    const source = new Numbers();
    source.until = new Date(Date.now() + 30);
    const { next, streams } = opened(source);
    await next();
    expect(await next()).toBe(': the token has ended\n\n');
    expect(await next()).toBeUndefined();
    expect([streams.open, source.wakes.size]).toEqual([0, 0]);

    const late = new Numbers();
    late.end = 2;
    const second = opened(late);
    await second.next();
    late.meanwhile = () => (late.until = new Date(0));
    expect(await second.next()).toBe(': the token has ended\n\n');
  });

  it('lives as long as a token of years', async () => {
    const source = new Numbers();
    source.until = new Date(8e15);
    const { next } = opened(source, new LiveStreams({ heartbeatMs: 5, retryMs: 1 }));
    await next();
    expect(await next()).toBe(': alive\n\n');
  });

  it('ends at once when the service stops, and so does one that comes after', async () => {
    const source = new Numbers();
    const { next, streams } = opened(source);
    await next();
    const last = next();
    await new Promise(setImmediate);
    expect(streams.open).toBe(1);
    streams.stop();
    expect(await last).toBe(': the server stops\n\n');
    expect(await next()).toBeUndefined();
    expect([streams.open, source.wakes.size]).toEqual([0, 0]);
    const { next: later } = opened(source, streams);
    expect([await later(), await later(), await later()]).toEqual([
      'retry: 3000\n\n',
      ': the server stops\n\n',
      undefined,
    ]);
  });

  it('leaves nothing behind when its reader goes, waiting or not, begun or not', async () => {
    const source = new Numbers();
    const streams = new LiveStreams(slow);
    const waiting = opened(source, streams);
    await waiting.next();
    const pending = waiting.next();
    await new Promise(setImmediate);
    const idle = opened(source, streams);
    await idle.next();
    const unread = opened(source, streams);
    expect([streams.open, source.wakes.size]).toEqual([2, 2]);
    for (const { over, chunks } of [waiting, idle, unread]) {
      over.abort();
      await chunks.return(undefined);
    }
    await pending;
    expect([streams.open, source.wakes.size]).toEqual([0, 0]);
  });
});
