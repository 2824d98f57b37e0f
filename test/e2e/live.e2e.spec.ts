import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomness, SEED } from '@ihala/event-log/conformance';
import { Client, eventually } from './client.js';
import { LiveReader } from './live-reader.js';
import { auditorOfCndp, doctorBennis, fatima, karim, nadia, of, officer, youssef } from './people.js';
import { rawRequest } from './raw-request.js';
import { build, ServerProcess } from './server-process.js';
import { ShortLivedTokens } from './short-lived-tokens.js';
import { handedOver, move, offered, opened, sent } from './stories.js';
import { newFolder, World } from './world.js';

let world: World;
let entraide: Client, oim: Client, sante: Client;
beforeAll(async () => {
  world = await World.start();
  [entraide, oim, sante] = (await Promise.all([fatima, karim, nadia].map((employee) => world.as(employee)))) as [
    Client,
    Client,
    Client,
  ];
}, 60_000);
afterAll(() => world.stop());

const readers: LiveReader[] = [];
afterEach(() => readers.splice(0).forEach((reader) => reader.cut()));
function follow(by: Client, caseId: string, ...rest: [lastEventId?: string, headers?: Record<string, string>]) {
  const reader = new LiveReader(by, `/v1/cases/${caseId}/timeline/live`, ...rest);
  readers.push(reader);
  return reader;
}
const note = (by: Client, caseId: string) => by.post(`/v1/cases/${caseId}/notes`, { text: 'Called.' });
const timeline = async (by: Client, caseId: string) =>
  (await by.get(`/v1/cases/${caseId}/timeline?limit=200`)).items as { id: string; type: string }[];
/** The place of its newest event, as a reader from the beginning is told. */
async function endOf(caseId: string): Promise<string | undefined> {
  const all = await timeline(entraide, caseId);
  const reader = follow(entraide, caseId);
  await eventually(async () => expect(reader.messages).toHaveLength(all.length));
  reader.cut();
  return reader.lastEventId;
}
const openStreams = async (server = world.anybody) =>
  Number(/ihala_open_streams\{service="cases"\} (\d+)/.exec((await server.get('/metrics')).text)?.[1] ?? 0);

describe('the live timeline', () => {
  it('is the timeline, from its beginning and on as it grows, from all services', async () => {
    const { caseId, referralId } = await sent(entraide);
    const reader = follow(entraide, caseId, undefined, { 'accept-language': 'en' });
    await eventually(async () => expect(reader.types).toEqual(['CaseOpened', 'ConsentRecorded', 'ReferralSent']));
    await move(sante, referralId, 'acceptance', { note: 'Come.' });
    await note(entraide, caseId);
    await eventually(async () => expect(reader.messages).toHaveLength(5));
    const listed = await entraide.get(`/v1/cases/${caseId}/timeline`, { 'accept-language': 'en' });
    expect(reader.messages.map(({ data }) => data)).toEqual(listed.items);
    expect(reader.retry).toBe(3000);
    expect(reader.text).not.toMatch(/Aminata|Diallo|maternal|Come\.|Called|check-up/);
    const { status, headers } = await reader.response();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/event-stream');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-accel-buffering')).toBe('no');
  });

  it('goes on after Last-Event-ID, or a cursor of the list, and the first is believed before the second', async () => {
    const caseId = await opened(entraide);
    for (let count = 0; count < 5; count += 1) await note(entraide, caseId);
    const all = (await timeline(entraide, caseId)).map(({ id }) => id);
    const whole = follow(entraide, caseId);
    await eventually(async () => expect(whole.messages).toHaveLength(6));
    const cursor = (await entraide.get(`/v1/cases/${caseId}/timeline?limit=2`)).next!;
    const ids = whole.messages.map(({ id }) => id);
    expect(ids[1]).toBe(cursor);
    const path = `/v1/cases/${caseId}/timeline/live?cursor=${encodeURIComponent(cursor)}`;
    for (const [reader, rest] of [
      [follow(entraide, caseId, ids[3]), 4],
      [new LiveReader(entraide, path), 2],
      [new LiveReader(entraide, path, ids[3]), 4],
      [new LiveReader(entraide, path, ''), 2],
    ] as const) {
      readers.push(reader);
      await eventually(async () => expect(reader.messages.map(({ data }) => data['id'])).toEqual(all.slice(rest)));
    }
    const listed = await entraide.get(`/v1/cases/${caseId}/timeline?cursor=${encodeURIComponent(ids[4]!)}`);
    expect(listed.items.map(({ id }) => id)).toEqual(all.slice(5));
  });

  it('is refused before it begins, like any other reading', async () => {
    const caseId = await opened(entraide);
    const another = await opened(entraide);
    const path = `/v1/cases/${caseId}/timeline/live`;
    const [foreign] = (await new Promise<LiveReader['messages']>((resolve) => {
      const reader = follow(entraide, another);
      void eventually(async () => expect(reader.messages).toHaveLength(1)).then(() => resolve(reader.messages));
    }))!;
    expect((await world.anybody.get(path)).outcome).toBe('401 token.missing');
    for (const stranger of [oim, sante, await world.as(youssef), await world.as(doctorBennis)]) {
      expect((await stranger.get(path, { 'last-event-id': 'x' })).outcome).toBe('404 case.not-found');
    }
    expect((await (await world.as(officer)).get(path)).outcome).toBe('403 access.forbidden');
    expect((await (await world.as(auditorOfCndp)).get(path)).outcome).toBe('404 case.not-found');
    expect((await (await world.as({ ...fatima, roles: ['auditor'] })).get(path)).outcome).toBe('403 access.forbidden');
    for (const id of ['1', 'x.y', foreign!.id, (await timeline(entraide, caseId))[0]!.id]) {
      const answer = await entraide.get(path, { 'last-event-id': id });
      expect(answer.outcome).toBe('400 request.invalid');
      expect(answer.body['errors']).toMatchObject([{ path: 'Last-Event-ID' }]);
    }
    expect((await entraide.get(`${path}?cursor=1`)).outcome).toBe('400 request.invalid');
    expect((await entraide.get(`${path}?limit=1`)).outcome).toBe('400 request.invalid');
  });

  it(`tells each event once and in order, however often it is cut off (IHALA_SEED=${SEED})`, async () => {
    const random = randomness(SEED);
    const { caseId, referralId } = await sent(entraide);
    let writing = true;
    const writers = [entraide, entraide, entraide].map(async (by) => {
      for (let count = 0; count < 25; count += 1) await note(by, caseId);
    });
    const moves = (async () => {
      for (const action of ['acknowledgement', 'acceptance', 'start', 'hold', 'resumption']) {
        const body = action === 'hold' ? { reason: 'away' } : {};
        await eventually(async () => expect((await move(sante, referralId, action, body)).outcome).toBe('200'));
      }
    })();
    const written = Promise.all([...writers, moves]).then(() => (writing = false));
    const seen: string[] = [];
    const see = ({ messages }: LiveReader) => seen.push(...messages.map(({ data }) => data['id'] as string));
    let lastEventId: string | undefined;
    let cuts = 0;
    for (; writing; cuts += 1) {
      const reader = follow(entraide, caseId, lastEventId);
      await reader.response();
      await new Promise((resolve) => setTimeout(resolve, random(30)));
      reader.cut();
      expect(await reader.over).toBe('cut');
      see(reader);
      lastEventId = reader.lastEventId ?? lastEventId;
    }
    await written;
    const all = (await timeline(entraide, caseId)).map(({ id }) => id);
    expect(all).toHaveLength(3 + 75 + 5);
    const last = follow(entraide, caseId, lastEventId);
    await eventually(async () => expect(last.lastEventId ?? lastEventId).toBe(await endOf(caseId)));
    see(last);
    expect(seen).toEqual(all);
    expect(cuts).toBeGreaterThan(3);
    last.cut();
    await eventually(async () => expect(await openStreams()).toBe(0));
  }, 30_000);
});

describe('a live timeline whose reader may see it no more', () => {
  it('ends when custody moves, without a word of it, and is another’s from then on', async () => {
    const caseId = await opened(entraide);
    const old = follow(entraide, caseId);
    const transferId = await offered(entraide, caseId, 'oim');
    await eventually(async () => expect(old.types).toEqual(['CaseOpened', 'ConsentRecorded', 'TransferProposed']));
    const early = follow(oim, caseId);
    expect((await early.response()).status).toBe(403);
    expect((await oim.post(`/v1/cases/${caseId}/transfers/${transferId}/acceptance`)).outcome).toBe('200');
    await note(oim, caseId);
    expect(await old.over).toBe('ended');
    expect(old.types).toEqual(['CaseOpened', 'ConsentRecorded', 'TransferProposed']);
    expect(old.comments).toEqual([]);
    expect((await follow(entraide, caseId, old.lastEventId).response()).status).toBe(404);
    const now = follow(oim, caseId);
    await eventually(async () =>
      expect(now.types.slice(2)).toEqual(['TransferProposed', 'TransferAccepted', 'NoteAdded']),
    );
    expect((await oim.get(`/v1/cases/${caseId}/timeline/live`, { 'last-event-id': old.lastEventId! })).outcome).toBe(
      '400 request.invalid',
    );
  });

  it('tells nothing that followed, even while everything happens at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const caseId = await opened(entraide);
      const old = Array.from({ length: 5 }, () => follow(entraide, caseId));
      const transferId = await offered(entraide, caseId, 'oim');
      const path = `/v1/cases/${caseId}/transfers/${transferId}/acceptance`;
      await Promise.all([...Array.from({ length: 5 }, () => note(entraide, caseId)), oim.post(path)]);
      await Promise.all([note(oim, caseId), note(oim, caseId)]);
      const all = (await timeline(oim, caseId)).map(({ type }) => type);
      for (const reader of old) {
        expect(await reader.over).toBe('ended');
        expect(reader.types).toEqual(all.slice(0, reader.types.length));
        expect(reader.types).not.toContain('TransferAccepted');
      }
    }
  }, 30_000);

  it('is kept from other units of the same agency', async () => {
    const oujda = await world.as(of(fatima, 'entraide-nationale/oujda'));
    const nador = await world.as(of(fatima, 'entraide-nationale/nador'));
    const caseId = await opened(oujda);
    const reader = follow(oujda, caseId);
    await eventually(async () => expect(reader.types).toEqual(['CaseOpened']));
    expect((await follow(nador, caseId).response()).status).toBe(404);
    await handedOver(oujda, oim, caseId, 'oim');
    expect(await reader.over).toBe('ended');
  });

  it('ends with its token', async () => {
    const folder = newFolder();
    const tokens = await ShortLivedTokens.create(folder);
    const elsewhere = await World.start(folder, tokens.settings);
    try {
      const soon = Math.ceil(Date.now() / 1000) + 2;
      const by = new Client(elsewhere.anybody.url, await tokens.of(fatima, soon));
      const longer = new Client(elsewhere.anybody.url, await tokens.of(fatima, soon + 600));
      const caseId = await opened(longer);
      const [short, long] = [follow(by, caseId), follow(longer, caseId)];
      await eventually(async () => expect([short.types, long.types]).toEqual([['CaseOpened'], ['CaseOpened']]));
      expect(await short.over).toBe('ended');
      expect(Date.now()).toBeGreaterThanOrEqual(soon * 1000);
      expect(short.comments).toEqual(['the token has ended']);
      await note(longer, caseId);
      await eventually(async () => expect(long.types).toEqual(['CaseOpened', 'NoteAdded']));
      expect(short.types).toEqual(['CaseOpened']);
    } finally {
      await elsewhere.stop();
    }
  }, 30_000);
});

describe('a server with open live timelines', () => {
  it('forgets those whose readers left, also behind another request on the same connection', async () => {
    const caseId = await opened(entraide);
    const all = Array.from({ length: 20 }, () => follow(entraide, caseId));
    await eventually(async () => expect(await openStreams()).toBe(20));
    for (const reader of all) reader.cut();
    await eventually(async () => expect(await openStreams()).toBe(0));
    const headers = `Host: x\r\nAuthorization: Bearer ${await world.tokenOf(fatima)}\r\n\r\n`;
    const request = `GET /v1/cases/${caseId}/timeline/live HTTP/1.1\r\n${headers}`;
    const head = `HEAD /v1/cases/${caseId}/timeline/live HTTP/1.1\r\n${headers}`;
    expect(await rawRequest(world.anybody.url, head)).toMatch(/^HTTP\/1.1 200 OK(\r\n.+)+\r\n\r\n$/);
    const { connect } = await import('node:net');
    const { port } = new URL(world.anybody.url);
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(request + request));
    await eventually(async () => expect(await openStreams()).toBe(2));
    socket.destroy();
    await eventually(async () => expect(await openStreams()).toBe(0));
  });

  describe('that is told to stop', () => {
    beforeAll(build, 120_000);

    it('ends them at once and properly, says so, and ends with 0', async () => {
      const folder = newFolder();
      const server = await ServerProcess.start(folder, 'info');
      try {
        const by = await server.as(fatima);
        const caseId = await opened(by);
        const open = Array.from({ length: 10 }, () => follow(by, caseId));
        for (const reader of open) await eventually(async () => expect(reader.messages).toHaveLength(1));
        expect(await server.end('SIGTERM')).toBe(0);
        for (const reader of open) {
          expect(await reader.over).toBe('ended');
          expect(reader.comments).toEqual(['the server stops']);
        }
        const said = Buffer.concat(server.output).toString();
        expect(said.match(/"ended":"complete"[^\n]*"msg":"stream"/g)).toHaveLength(10);
        expect(said).toContain('SIGTERM: finishing what is under way');

        const again = await ServerProcess.start(folder, 'error');
        try {
          const later = await again.as(fatima);
          await note(later, caseId);
          const reader = follow(later, caseId, open[0]!.lastEventId);
          await eventually(async () => expect(reader.types).toEqual(['NoteAdded']));
        } finally {
          await again.end('SIGKILL');
        }
      } finally {
        await server.end('SIGKILL');
        rmSync(folder, { recursive: true, force: true });
      }
    }, 60_000);
  });
});
