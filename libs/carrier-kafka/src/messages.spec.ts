import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { auditLeaf, type PublishedEvent } from '@ihala/event-log';
import { type CloudEvent, Kafka } from 'cloudevents';
import { Unreadable, type CarriedMessage } from './cloud-event.js';
import { eventMessage, headMessage, readCarried, readResendRequest, resendMessage } from './messages.js';

interface Golden {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}
const json = <T>(path: string): T => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as T;
const golden = json<Record<'event' | 'head', Golden>>('./messages.golden.json');
const { event, leaf } = json<{ event: PublishedEvent; leaf: string }>('../../event-log/src/leaf.golden.json');
const head = { sequence: 41, at: '2026-11-20T10:00:00.000Z', sent: 40 };

const text = (content: unknown) => Buffer.from(content as Buffer | string).toString();
const texts = ({ key, headers = {}, value }: CarriedMessage): Golden => ({
  key: text(key),
  headers: Object.fromEntries(Object.entries(headers).map(([name, content]) => [name, text(content)])),
  value: text(value),
});
const message = ({ key, headers, value }: Golden): CarriedMessage => ({
  key: Buffer.from(key),
  headers: Object.fromEntries(Object.entries(headers).map(([name, content]) => [name, Buffer.from(content)])),
  value: Buffer.from(value),
});
const read = (carried: CarriedMessage) => readCarried('health', 'cases', carried);

describe('an event as a message', () => {
  it('is that of the golden file, byte for byte', () => {
    expect(texts(eventMessage('cases', event))).toEqual(golden.event);
  });

  it('has the leaf of its event when it is read', () => {
    const carried = read(message(golden.event)) as { event: PublishedEvent };
    expect(carried.event).toEqual(event);
    expect(auditLeaf(carried.event)).toBe(leaf);
  });

  it('is a valid CloudEvent to the SDK', () => {
    const theirs = Kafka.toEvent(eventMessage('cases', event) as never) as CloudEvent<unknown>;
    expect(theirs.validate()).toBe(true);
    expect(theirs).toMatchObject({ id: event.id, type: event.type, correlationid: event.correlationId, data: event });
  });

  it('sorts by its sequence as text', () => {
    const sequences = [0, 9, 10, 2 ** 31, Number.MAX_SAFE_INTEGER].map(
      (sequence) => texts(eventMessage('cases', { ...event, sequence })).headers['ce_sequence']!,
    );
    expect(sequences.toSorted()).toEqual(sequences);
    expect(new Set(sequences.map(({ length }) => length))).toEqual(new Set([16]));
  });

  it('has the stream for a key where there is no case', () => {
    const { caseId, ...service } = event;
    expect(caseId).toBeDefined();
    expect(texts(eventMessage('cases', service)).key).toBe(event.stream);
  });

  it('names one trace for all that belongs to a correlation, or none', () => {
    const trace = (more: object) => texts(eventMessage('cases', { ...event, ...more })).headers['ce_traceparent'];
    expect(trace({ traceparent: 'what Amina said' })).toBe(golden.event.headers['ce_traceparent']);
    expect(trace({ correlationId: '0af76519-16cd-43dd-8448-eb211c80319c' })).toMatch(
      /^00-0af7651916cd43dd8448eb211c80319c-[\da-f]{16}-00$/,
    );
    expect(trace({ id: 'note-7' })).toBeUndefined();
    expect(trace({ correlationId: 'order-7' })).toBeUndefined();
  });

  it('is read though its type, version, data and some of its envelope are unknown', () => {
    const newer = { ...event, type: 'MoonLanded', schemaVersion: 99, data: { odd: [true] }, later: { a: 1 } };
    expect(read(eventMessage('cases', newer))).toEqual({ event: newer });
  });

  const value = (bytes: string | Uint8Array) => ({ ...message(golden.event), value: Buffer.from(bytes as Uint8Array) });
  const changed = (change: object) => value(JSON.stringify({ ...event, ...change }));
  const header = (name: string, content: string) => {
    const { headers, ...rest } = message(golden.event);
    return { ...rest, headers: { ...headers, [name]: Buffer.from(content) } };
  };
  it.each<[string, CarriedMessage]>([
    ['wrong-source', header('ce_source', '/ihala/audit')],
    ['not-json', header('content-type', 'text/plain')],
    ['not-json', value('{"id":')],
    ['not-utf-8', value(Uint8Array.of(0x7b, 0xff))],
    ['not-an-object', value('[]')],
    ['not-an-object', value('null')],
    ['not-an-event', value('{}')],
    ['not-an-event', changed({ actor: 'fatima' })],
    ['not-an-event', changed({ actor: { agency: 'oim' } })],
    ['not-an-event', changed({ schemaVersion: '1' })],
    ['not-an-event', changed({ data: { share: 0.5 } })],
    ['not-an-event', changed({ data: [] })],
    ['not-an-event', changed({ caseId: 7 })],
    ['not-an-event', changed({ sealed: {} })],
    ['not-an-event', changed({ stream: 'audit/case-1' })],
    ['not-an-event', changed({ sequence: -1 })],
    ['not-an-event', changed({ position: 4 })],
    ['not-an-event', changed({ recordedAt: 'yesterday' })],
    ['attributes-contradict-data', header('ce_id', 'another')],
    ['attributes-contradict-data', header('ce_type', 'ReferralAccepted')],
    ['attributes-contradict-data', header('ce_sequence', '0000000000000001')],
  ])('says %s', (code, carried) => {
    expect(() => read(carried)).toThrow(new Unreadable(code));
  });
});

describe('what else is said', () => {
  it('is a head as the golden file has it', () => {
    expect(texts(headMessage('cases', head))).toEqual(golden.head);
    expect(read(message(golden.head))).toEqual({ head });
  });

  it.each([{ sequence: -2 }, { sent: 0.5 }, { at: 'soon' }, { sent: '3' }])('is no head with %j', (change) => {
    expect(() => read(headMessage('cases', { ...head, ...change } as never))).toThrow(new Unreadable('not-a-head'));
  });

  it('is a request to send again', () => {
    expect(readResendRequest(resendMessage('health', { source: 'cases', from: 7 }))).toEqual({
      source: 'cases',
      from: 7,
    });
    for (const bad of [{ source: 'cases', from: -1 }, { source: 7, from: 1 }, { source: 'cases' }]) {
      expect(() => readResendRequest(resendMessage('health', bad as never))).toThrow(Unreadable);
    }
    expect(() => readResendRequest(headMessage('cases', head))).toThrow(Unreadable);
  });
});
