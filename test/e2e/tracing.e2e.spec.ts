import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Client, eventually } from './client.js';
import { aminata, auditorOfCndp, fatima, karim, nadia } from './people.js';
import { build, ServerProcess } from './server-process.js';
import { lineage, type ReceivedSpan, sendingTo, SpanReceiver } from './span-receiver.js';
import { sent } from './stories.js';
import { newFolder } from './world.js';

jest.setTimeout(60_000);
beforeAll(() => build(), 120_000);

const traceOf = (correlationId: string): string => correlationId.replaceAll('-', '');

describe('one request', () => {
  const folder = newFolder();
  let receiver: SpanReceiver;
  let server: ServerProcess;
  let entraide: Client;
  beforeAll(async () => {
    receiver = await SpanReceiver.start();
    server = await ServerProcess.start(folder, 'info', sendingTo(receiver));
    entraide = await server.as(fatima);
  });
  afterAll(async () => {
    await server.end('SIGTERM');
    await receiver.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const caller = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
  const traceparent = `00-${caller.traceId}-${caller.spanId}-01`;
  const spanOf = (traceId: string, name: string) =>
    eventually(async () => {
      const found = receiver.trace(traceId).find((span) => span.name === name);
      expect(found).toBeDefined();
      return found!;
    });

  it('is one trace from its caller, through the copy and what followed from it, to the copy of that', async () => {
    const { caseId, consentId } = await sent(entraide);
    const path = `/v1/cases/${caseId}/consents/${consentId}/withdrawal`;
    const answer = await entraide.post(path, { reason: 'Aminata changed her mind.' }, { traceparent });
    expect(answer.outcome).toBe('200');
    expect(traceOf(answer.headers.get('x-correlation-id')!)).toBe(caller.traceId);
    const line = await eventually(async () => {
      const copies = receiver.trace(caller.traceId).filter(({ name }) => name === 'observe health');
      const last = copies.find(({ service }) => service === 'audit');
      expect(last).toBeDefined();
      return lineage(receiver.trace(caller.traceId), last!);
    });
    expect(line.map(({ service, name }) => `${service as string}: ${name}`)).toEqual([
      'cases: POST /v1/cases/:caseId/consents/:consentId/withdrawal',
      'cases: append cases',
      'health: follow up referral-follow-ups',
      'health: append health',
      'audit: observe health',
    ]);
    expect(line[0]).toMatchObject({ parentSpanId: caller.spanId, kind: 2 });
    const heard = receiver.trace(caller.traceId).filter(({ name }) => name === 'observe cases');
    expect(new Set(heard.map(({ service }) => service)).size).toBe(5);
    for (const copy of heard) expect(copy.parentSpanId).toBe(line[1]!.spanId);
  });

  it('without a trace of its caller’s begins one, which its answer names', async () => {
    const answer = await entraide.post('/v1/cases', aminata, {
      traceparent: `00-${'0'.repeat(32)}-${caller.spanId}-01`,
    });
    const { headers, id } = answer;
    expect(headers.get('x-correlation-id')).toBe(headers.get('x-request-id'));
    const request = await spanOf(traceOf(headers.get('x-correlation-id')!), 'POST /v1/cases');
    expect(request.parentSpanId).toBeUndefined();
    expect(request.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/v1/cases',
      'http.response.status_code': 201,
      'url.scheme': 'http',
      'network.protocol.version': '1.1',
      'ihala.request.id': headers.get('x-request-id'),
    });
    const append = await spanOf(request.traceId, 'append cases');
    expect(append).toMatchObject({
      parentSpanId: request.spanId,
      kind: 4,
      attributes: {
        'messaging.system': 'ihala',
        'messaging.operation.type': 'create',
        'messaging.message.conversation_id': headers.get('x-correlation-id'),
        'ihala.event.type': 'CaseOpened',
        'ihala.append.streams': 2,
      },
    });
    expect(JSON.stringify(append)).not.toContain(id);
  });

  it('of another correlation is a trace of that, linked to its caller’s', async () => {
    const correlationId = '01a20bb2-1ba1-7565-ae9d-8dace64fe7d1';
    await entraide.post('/v1/cases', aminata, { traceparent, 'x-correlation-id': correlationId });
    const request = await spanOf(traceOf(correlationId), 'POST /v1/cases');
    expect(request.parentSpanId).toBeUndefined();
    expect(request.links).toMatchObject([caller]);
  });

  it('that is refused says with which code; only a fault is an error', async () => {
    const answer = await entraide.post('/v1/cases', { ...aminata, person: {} });
    const request = await spanOf(traceOf(answer.headers.get('x-correlation-id')!), 'POST /v1/cases');
    expect(request.attributes).toMatchObject({ 'http.response.status_code': 400, 'ihala.refusal': 'request.invalid' });
    expect(request.status.code ?? 0).toBe(0);
  });

  it('that fails for a fault of ours is an error, in one word', async () => {
    const db = new DatabaseSync(join(folder, 'cases.sqlite'));
    db.exec(`CREATE TRIGGER broken BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'Aminata broke it'); END`);
    const { outcome, headers } = await entraide.post('/v1/cases', aminata);
    db.exec('DROP TRIGGER broken');
    db.close();
    expect(outcome).toBe('500 internal');
    const request = await spanOf(traceOf(headers.get('x-correlation-id')!), 'POST /v1/cases');
    expect(request).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': 'internal' } });
    const append = await spanOf(request.traceId, 'append cases');
    expect(append).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': 'Error' } });
  });

  it('whose answer is written bit by bit is a span when that is over', async () => {
    const answer = await (await server.as(auditorOfCndp)).get('/v1/audit/events.ndjson');
    expect(answer.status).toBe(200);
    await spanOf(traceOf(answer.headers.get('x-correlation-id')!), 'GET /v1/audit/events.ndjson');
  });

  it('says nothing of a person, of a secret, or of what the caller made up', async () => {
    const [oim, sante] = await Promise.all([server.as(karim), server.as(nadia)]);
    const { caseId, referralId } = await sent(entraide, { reason: 'Aminata Diallo fell ill.' });
    await sante.post(`/v1/health/referrals/${referralId}/acceptance`, {}, { 'idempotency-key': 'Aminata-1' });
    await entraide.get('/v1/cases?reference=Aminata&limit=0', {
      'x-request-id': 'Aminata',
      tracestate: 'name=Aminata',
    });
    await oim.get(`/v1/cases/Aminata-Diallo/timeline`, { baggage: 'name=Aminata', 'user-agent': 'Aminata' });
    await oim.get('/v1/Aminata/Diallo', { traceparent: 'Aminata' });
    const last = await entraide.get(`/v1/cases/${caseId}`);
    await spanOf(traceOf(last.headers.get('x-correlation-id')!), 'GET /v1/cases/:caseId');
    const all = JSON.stringify(receiver.spans);
    expect(all).toContain('append health');
    expect(all).not.toMatch(
      /Aminata|Diallo|Oujda|1998|\+212|trafficking|alaoui|chraibi|benali|Bearer|eyJ|limit=|127\.0/i,
    );
    expect(all).not.toContain(caseId);
  });

  it('is not asked after: neither probes nor documentation are traced', async () => {
    for (const path of ['/readyz', '/livez', '/metrics', '/v1/openapi.json']) await server.anybody.get(path);
    const last = await entraide.get('/v1/cases');
    await spanOf(traceOf(last.headers.get('x-correlation-id')!), 'GET /v1/cases');
    const servers = receiver.spans.filter(({ kind }) => kind === 2);
    const routes = new Set(servers.map(({ attributes }: ReceivedSpan) => attributes['http.route']));
    for (const route of routes) expect(route ?? '/v1/').toMatch(/^\/v1\/(?!openapi)/);
  });
});
