import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditModule, auditBlueprint } from '@ihala/audit';
import type { EventLog, PublishedEvent } from '@ihala/event-log';
import { type Client, eventually } from './client.js';
import { auditorOfCndp, auditorOfSante, fatima, nadia, of, officer } from './people.js';
import { ServiceAlone } from './service-alone.js';
import { World } from './world.js';

const many = 100_000;
const batch = 1000;
const caseId = '01920000-0000-7000-8000-000000000001';
const agencies = ['oim', 'sante', 'entraide-nationale'] as const;

/** Every tenth event is of one case; agencies take turns, and the units of oim. */
const published = (sequence: number, source: string): PublishedEvent => ({
  id: randomUUID(),
  stream: `${source}/case-${sequence}`,
  version: 1,
  sequence,
  type: 'NoteAdded',
  schemaVersion: 1,
  occurredAt: '2026-11-24T09:00:00.000Z',
  recordedAt: '2026-11-24T09:00:00.000Z',
  actor: {
    agency: agencies[sequence % 3]!,
    ...(sequence % 3 === 0 && { unit: sequence % 2 ? 'oim/rabat' : 'oim/tanger' }),
    subject: 'n',
    role: 'caseworker',
  },
  ...(sequence % 10 === 0 && { caseId }),
  correlationId: randomUUID(),
  causationId: randomUUID(),
  data: { noteId: randomUUID(), at: '2026-11-24T09:00:00.000Z' },
  sealed: [{ keyId: randomUUID(), class: 'texts-cases', nonce: 'x'.repeat(16), ciphertext: 'y'.repeat(300) }],
});

let audit: ServiceAlone;
let cndp: Client;
/** How often events were fetched from the log; what is fetched when `failing` fails. */
let fetched = 0;
let failing = false;
const counting = (log: EventLog): EventLog =>
  new Proxy(log, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'readAt') return value.bind(target) as unknown;
      return (positions: readonly number[]) => {
        fetched += 1;
        if (failing && fetched > 3) throw new Error('the disk is gone');
        return target.readAt(positions);
      };
    },
  });

async function hear(log: EventLog, source: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += batch) {
    await log.observe(
      source,
      Array.from({ length: batch }, (_, index) => published(from + index, source)),
    );
  }
}

beforeAll(async () => {
  audit = await ServiceAlone.start(auditBlueprint, AuditModule, counting);
  cndp = await audit.as(auditorOfCndp);
  await hear(audit.log, 'cases', many);
  await audit.log.observe('health', [published(0, 'health'), published(1, 'health')]);
  await audit.settled();
}, 120_000);
afterAll(() => audit.stop());

interface Line {
  readonly id: string;
  readonly position: number;
  readonly source: string;
  readonly caseId?: string;
  readonly actor: { readonly agency: string; readonly unit?: string };
}
async function lines(by: Client, query = ''): Promise<Line[]> {
  const answer = await by.open(`/v1/audit/events.ndjson${query}`, new AbortController().signal);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
  const text = await answer.text();
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}
const listed = async (by: Client, query: string) => (await by.get(`/v1/audit/events?${query}`)).items;

describe('events.ndjson', () => {
  it('is the whole log, once and in order', async () => {
    const all = await lines(cndp);
    expect(all.map(({ position }) => position)).toEqual(Array.from({ length: many + 2 }, (_, index) => index + 1));
  }, 60_000);

  it('has the envelopes that the pages have, under the same filters', async () => {
    for (const query of ['after=500&limit=150', `caseId=${caseId}&limit=200`, 'source=health', 'source=nowhere']) {
      expect(await lines(cndp, `?${query}`)).toEqual(await listed(cndp, query));
    }
    expect(await lines(cndp, `?caseId=${caseId.toUpperCase()}`)).toHaveLength(many / 10 + 1);
    expect(await lines(cndp, `?limit=1001`)).toHaveLength(1001);
    expect((await lines(cndp, `?after=${many - 5}`)).map(({ position }) => position - many)).toEqual([
      -4, -3, -2, -1, 0, 1, 2,
    ]);
    expect(await lines(cndp, `?after=${many + 2}`)).toEqual([]);
  }, 60_000);

  it('is narrowed to the doings of an auditor’s own agency, or units', async () => {
    const own = await lines(await audit.as(auditorOfSante), '?limit=1000');
    expect(new Set(own.map(({ actor }) => actor.agency))).toEqual(new Set(['sante']));
    expect(own).toHaveLength(1000);
    const auditor = { ...of(fatima, 'oim/rabat'), agency: 'oim', roles: ['auditor'] };
    const unit = await lines(await audit.as(auditor), '?limit=1000');
    expect(new Set(unit.map(({ actor }) => actor.unit))).toEqual(new Set(['oim/rabat']));
  });

  it('is refused before it begins, like any other reading', async () => {
    const path = '/v1/audit/events.ndjson';
    for (const someone of [fatima, nadia, officer]) {
      expect((await (await audit.as(someone)).get(path)).outcome).toBe('403 access.forbidden');
    }
    for (const query of ['limit=0', 'limit=-1', 'limit=x', 'after=x', 'caseId=1', 'cursor=1']) {
      expect([query, (await cndp.get(`${path}?${query}`)).outcome]).toEqual([query, '400 request.invalid']);
    }
  });

  it('ends where the log did when it was asked for', async () => {
    const answer = await cndp.open('/v1/audit/events.ndjson', new AbortController().signal);
    await audit.log.observe('health', [published(2, 'health')]);
    await audit.settled();
    const text = await answer.text();
    expect(text.match(/\n/g)).toHaveLength(many + 2);
    expect(await lines(cndp, `?after=${many + 2}`)).toHaveLength(1);
  }, 60_000);

  it('is whole though the index is behind: it waits, and is refused when that takes too long', async () => {
    await audit.service.runner.stop();
    await audit.log.observe('health', [published(3, 'health')]);
    expect((await cndp.get('/v1/audit/events.ndjson')).outcome).toBe('503 service.catching-up');
    const waiting = lines(cndp, `?after=${many}`);
    await audit.service.runner.start();
    expect(await waiting).toHaveLength(4);
  }, 30_000);

  it('fetches no more than its reader takes, and nothing once the reader has left', async () => {
    const cut = new AbortController();
    fetched = 0;
    const { body } = await cndp.open('/v1/audit/events.ndjson', cut.signal);
    const reader = body!.getReader();
    await reader.read();
    let before = -1;
    while (before !== fetched) {
      before = fetched;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // what the machine's own buffers take of a thousand fetches
    expect(fetched).toBeLessThan(500);
    cut.abort();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(fetched).toBeLessThanOrEqual(before + 1);
  });

  it('is cut off when it fails half-way, and a problem when it fails at once', async () => {
    fetched = 0;
    failing = true;
    try {
      const answer = await cndp.open('/v1/audit/events.ndjson', new AbortController().signal);
      expect(answer.status).toBe(200);
      await expect(answer.text()).rejects.toThrow('terminated');
      const refused = await cndp.get('/v1/audit/events.ndjson');
      expect(refused.outcome).toBe('500 internal');
    } finally {
      failing = false;
    }
    await eventually(async () => expect(await lines(cndp, '?limit=1')).toHaveLength(1));
  });
});

describe('a server that is told to stop while an export is under way', () => {
  it('waits for its reader no longer than for others, and does not end it as if it were whole', async () => {
    const world = await World.start();
    const { runner, store } = world.service('audit');
    // more than the machine's own buffers take
    await hear(store.log, 'a-sector-of-long-ago', 30_000);
    await runner.caughtUp(await store.log.lastPosition());
    const token = await world.tokenOf(auditorOfCndp);
    const { hostname, port } = new URL(world.anybody.url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET /v1/audit/events.ndjson HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    // never silent for long enough to be taken for stuck, and never done within the grace
    let [begun, end] = ['', ''];
    const gone = new Promise((resolve) => socket.once('close', resolve));
    socket
      .on('error', () => undefined)
      .on('data', (bytes: Buffer) => {
        begun ||= bytes.toString();
        end = (end + bytes.toString()).slice(-5);
        socket.pause();
        setTimeout(() => socket.resume(), 20);
      });
    await eventually(async () => expect(begun).toMatch(/^HTTP\/1.1 200 OK/));
    await Promise.all([world.stop(), gone]);
    expect(end).not.toBe('0\r\n\r\n');
  }, 60_000);
});
