import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { eventMessage, headMessage, resendMessage } from '@ihala/carrier-kafka';
import { caseEvents, operationsEvents, referralEvents } from '@ihala/contracts';
import type { PublishedEvent } from '@ihala/event-log';
import { z } from 'zod';
import { findSectors, servicesFolder } from '../sectors.js';
import { blueprintsOf } from '../deployables.js';
import { asyncApi } from './document.js';
import { asYaml } from './yaml.js';

type Schema = Readonly<Record<string, unknown>>;
interface Document {
  readonly channels: Readonly<Record<string, { readonly address: string; readonly messages: Schema }>>;
  readonly operations: Readonly<
    Record<string, { readonly action: string; readonly channel: { readonly $ref: string } }>
  >;
  readonly components: {
    readonly messages: Readonly<Record<string, { readonly headers: Schema; readonly payload: Schema }>>;
    readonly schemas: Schema;
  };
}

/** Fatima is given Aminata's case on 20 November 2026. */
const assigned: PublishedEvent = {
  id: '01980c2e-9a00-7000-8000-000000000001',
  type: 'CaseAssigned',
  schemaVersion: 1,
  stream: 'cases/case-01980c2e-9a00-7000-8000-0000000000ca',
  version: 2,
  sequence: 7,
  occurredAt: '2026-11-20T09:30:00.000Z',
  recordedAt: '2026-11-20T09:30:00.010Z',
  actor: { agency: 'oim', unit: 'oim/oujda', subject: 'fatima', role: 'supervisor' },
  caseId: '01980c2e-9a00-7000-8000-0000000000ca',
  correlationId: '01980c2e-9a00-7000-8000-0000000000c0',
  causationId: '01980c2e-9a00-7000-8000-0000000000c1',
  data: { assignee: 'fatima', at: '2026-11-20T09:30:00.000Z' },
  sealed: [{ keyId: 'k', class: 'texts-cases', nonce: 'AAECAwQFBgcICQoL', ciphertext: '3q2-7w' }],
};

describe('the AsyncAPI document', () => {
  let document: Document;

  beforeAll(async () => {
    document = asyncApi(blueprintsOf(await findSectors([servicesFolder]))) as unknown as Document;
  });

  /** Whether it is what the document says, references followed. */
  const fits = (schema: Schema, value: unknown): boolean => {
    const text = JSON.stringify({ ...schema, $defs: document.components.schemas });
    const whole = JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')) as Schema;
    return z.fromJSONSchema(whole as never).safeParse(value).success;
  };
  const said = (name: string, { headers, value }: { headers?: object; value: Buffer | null }) => {
    const { headers: outside, payload } = document.components.messages[name]!;
    const read: unknown = JSON.parse(String(value));
    return [fits(outside, { ...headers }), fits(payload, read)];
  };

  it('is the one in docs: npm run asyncapi writes it anew', () => {
    const written = readFileSync(join(servicesFolder, '../docs/asyncapi.yaml'), 'utf8');
    expect(`${asYaml(document).trimStart()}\n`).toBe(written);
  });

  it('names a topic of each service, with every event that it publishes', () => {
    const events = (channel: string) => Object.keys(document.channels[channel]!.messages);
    expect(document.channels['log-of-cases']!.address).toBe('ihala.cases.v1');
    expect(events('log-of-cases')).toEqual([...Object.keys({ ...caseEvents, ...operationsEvents }), 'Head']);
    expect(events('log-of-health')).toEqual([...Object.keys({ ...referralEvents, ...operationsEvents }), 'Head']);
    expect(document.channels['resend']!.address).toBe('ihala.resend.v1');
  });

  it('says who observes whom', () => {
    const observed = (receiver: string) =>
      Object.keys(document.operations).filter((name) => name.startsWith(`${receiver}-observes-`));
    expect(observed('health')).toEqual(['health-observes-cases']);
    expect(observed('audit')).toContain('audit-observes-voluntary-return');
    expect(observed('cases')).not.toContain('cases-observes-cases');
  });

  it('describes messages as they are sent', () => {
    expect(said('CaseAssigned', eventMessage('cases', assigned))).toEqual([true, true]);
    const { caseId: _, sealed: __, ...service } = assigned;
    expect(said('CaseAssigned', eventMessage('cases', service))).toEqual([true, true]);
    expect(said('Head', headMessage('cases', { sequence: -1, at: assigned.recordedAt, sent: -1 }))).toEqual([
      true,
      true,
    ]);
    expect(said('ResendRequest', resendMessage('health', { source: 'cases', from: 3 }))).toEqual([true, true]);
  });

  it('describes no others', () => {
    expect(said('NoteAdded', eventMessage('cases', assigned))).toEqual([false, false]);
    const wrong = { ...assigned, data: { assignee: 'two words', at: assigned.recordedAt } };
    expect(said('CaseAssigned', eventMessage('cases', wrong))).toEqual([true, false]);
    expect(said('ResendRequest', resendMessage('health', { source: 'cases', from: -1 }))).toEqual([true, false]);
    const { ce_sequence: _, ...headers } = eventMessage('cases', assigned).headers!;
    expect(fits(document.components.messages['CaseAssigned']!.headers, headers)).toBe(false);
  });

  it('is YAML in which no text can be taken for something else', () => {
    const odd = { on: 'no', a: ['1.0', 1, true, null, [], {}, 'x: y', "it's"], 'b c': { d: [{ e: 'f', g: ['h'] }] } };
    expect(asYaml(odd)).toBe(
      ['', '"on": "no"', 'a:', '  - "1.0"', '  - 1', '  - true', '  - null', '  - []', '  - {}', '  - "x: y"']
        .concat(['  - "it\'s"', '"b c":', '  d:', '    - e: f', '      g:', '        - h'])
        .join('\n'),
    );
  });
});
