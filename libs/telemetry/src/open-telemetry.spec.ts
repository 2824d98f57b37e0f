import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';
import { type Span, serviceLogger } from '@ihala/service-kit';
import { OpenTelemetry } from './open-telemetry.js';

/** What arrives of the spans that two processes record. */
async function kept(spans: readonly Span[], ratio: number): Promise<string[]> {
  const bodies: Promise<string>[] = [];
  const server = createServer((request, response) => {
    bodies.push(text(request));
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
  for (const service of ['cases', 'health']) {
    const tracing = new OpenTelemetry({ url, ratio, batches: {} }, serviceLogger(service, 'silent'));
    for (const span of spans) tracing.record(service, span);
    await tracing.close();
  }
  const sent = (await Promise.all(bodies)).join('');
  server.closeAllConnections();
  server.close();
  return [...sent.matchAll(/"traceId":"(\w+)"/g)].map(([, traceId]) => traceId!);
}

it('a part of all traces is the same part in every process, whoever the caller is', async () => {
  const spans = Array.from({ length: 200 }, (_, n): Span => {
    const traceId = crypto.randomUUID().replaceAll('-', '');
    const times = { start: Date.now() - 1, end: Date.now() };
    return { traceId, spanId: '00f067aa0ba902b7', name: `span ${n}`, kind: 'server', attributes: {}, ...times };
  });
  expect(await kept(spans, 0)).toEqual([]);
  const found = Object.values(Object.groupBy(await kept(spans, 0.5), (traceId) => traceId));
  // 200 throws of a coin: outside of this once in 10^11
  expect(found.length).toBeGreaterThan(50);
  expect(found.length).toBeLessThan(150);
  expect(new Set(found.map((both) => both!.length))).toEqual(new Set([2]));
  expect(await kept(spans, 1)).toHaveLength(400);
});
