import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, eventually } from './client.js';
import { aminata, fatima } from './people.js';
import { rawRequest } from './raw-request.js';
import { build, ServerProcess } from './server-process.js';
import { newFolder } from './world.js';

type Line = Readonly<Record<string, unknown>>;

const folder = newFolder();
let server: ServerProcess;
beforeAll(() => {
  build();
}, 120_000);
beforeAll(async () => {
  server = await ServerProcess.start(folder);
});
afterAll(async () => {
  await server.end('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

const text = (): string => Buffer.concat(server.output).toString();
const lines = (): Line[] =>
  text()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
const requestIdOf = ({ headers }: Answer) => headers.get('x-request-id')!;
/** All lines of one request, once it is through. */
const linesOf = (requestId: string) =>
  eventually(async () => {
    const found = lines().filter((line) => line['requestId'] === requestId);
    expect(found.at(-1)).toMatchObject({ msg: 'request' });
    return found;
  });

const correlationId = '01a20bb2-1ba1-7565-ae9d-8dace64fe7d1';

/** From now on no event gets into this log, for a reason that nobody foresaw. */
function breakLog(service: string): () => void {
  const db = new DatabaseSync(join(folder, `${service}.sqlite`));
  db.exec(`CREATE TRIGGER broken BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'Aminata broke it'); END`);
  return () => {
    db.exec('DROP TRIGGER broken');
    db.close();
  };
}

describe('a request in the log', () => {
  it('is one line, found by the id that its answer carries', async () => {
    const by = await server.as(fatima);
    const done = await by.post('/v1/cases', aminata, { 'x-correlation-id': correlationId });
    const refused = await by.get('/v1/cases?limit=0&reference=Aminata');
    expect(await linesOf(requestIdOf(done))).toEqual([
      {
        level: 30,
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        service: 'cases',
        requestId: requestIdOf(done),
        correlationId,
        method: 'POST',
        route: '/v1/cases',
        status: 201,
        ms: expect.any(Number),
        msg: 'request',
      },
    ]);
    const [line] = await linesOf(requestIdOf(refused));
    expect(line).toMatchObject({ status: 400, code: 'request.invalid', correlationId: requestIdOf(refused) });
  });

  it('that failed says where, on a line with the same ids, and none of its words', async () => {
    const mend = breakLog('cases');
    const by = await server.as(fatima);
    const failed = await by.post('/v1/cases', aminata, { 'x-correlation-id': correlationId });
    mend();
    expect(failed.outcome).toBe('500 internal');
    const [error, request] = await linesOf(requestIdOf(failed));
    expect(error).toMatchObject({ level: 50, msg: 'unexpected error', service: 'cases', correlationId });
    expect(error!['err']).toMatchObject({ type: 'Error', code: 'ERR_SQLITE_ERROR', sqlite: expect.any(Number) });
    expect((error!['err'] as { at: string[] }).at.length).toBeGreaterThan(0);
    expect(request).toMatchObject({ level: 40, status: 500, code: 'internal', correlationId });
  });

  it('whose body comes late is the same request still', async () => {
    const mend = breakLog('cases');
    const token = await server.tokenOf(fatima);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const posting = httpRequest(`${server.anybody.url}/v1/cases`, { method: 'POST', headers });
    posting.flushHeaders();
    setTimeout(() => posting.end(JSON.stringify(aminata)), 100);
    const [response] = (await once(posting, 'response')) as [IncomingMessage];
    mend();
    const found = await linesOf(response.headers['x-request-id'] as string);
    expect(found.map(({ msg }) => msg)).toEqual(['unexpected error', 'request']);
  });

  it('is there even when its address cannot be read, or it was no HTTP', async () => {
    const unreadable = await server.anybody.get('/v1/cases/%zz?name=Aminata');
    expect(await linesOf(requestIdOf(unreadable))).toEqual([
      expect.objectContaining({ status: 404, code: 'route.not-found', route: 'unknown' }),
    ]);
    const [, requestId] = /x-request-id: (\S+)/.exec(await rawRequest(server.anybody.url, 'Aminata\r\n\r\n')) ?? [];
    expect(await linesOf(requestId!)).toEqual([expect.objectContaining({ status: 400, code: 'request.invalid' })]);
  });

  it('says nothing of a person, nor of a token', async () => {
    expect(text()).not.toMatch(/Aminata|Diallo|limit=0|eyJ|Bearer/);
  });
});

it('every line is JSON, and those that follow the logs belong to no request', async () => {
  const later = text().split('ready at')[1]!.split('\n').slice(1);
  const odd = later.filter((line) => line !== '' && !/^[{ ]/.test(line));
  expect(odd).toEqual([]);
  const mend = breakLog('audit');
  const by = await server.as(fatima);
  expect((await by.post('/v1/cases', aminata)).outcome).toBe('201');
  await eventually(async () => {
    const following = lines().filter(({ msg }) => msg === 'following failed');
    expect(following.length).toBeGreaterThan(0);
    for (const line of following) expect(Object.keys(line)).not.toContain('requestId');
  });
  mend();
});
