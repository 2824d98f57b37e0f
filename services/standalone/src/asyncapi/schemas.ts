import type { EventSchema } from '@ihala/contracts';
import { z } from 'zod';

type Schema = Readonly<Record<string, unknown>>;

const text = { type: 'string' };
const instant = { type: 'string', format: 'date-time' };
const sequence = { type: 'string', pattern: '^[0-9]{16}$' };
const count = { type: 'integer', minimum: 0 };
const countOrNone = { type: 'integer', minimum: -1 };

/** JSON Schema, draft 7, which AsyncAPI takes as it is. */
export function jsonSchema(schema: z.ZodType): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', unrepresentable: 'any', io: 'input' });
  return rest;
}

const object = (properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema => ({
  type: 'object',
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
});

const cloudEvent = {
  ce_specversion: { const: '1.0' },
  ce_id: text,
  ce_source: { type: 'string', pattern: '^/ihala/[a-z-]+$', description: 'the service whose log it is' },
  ce_type: text,
  'content-type': { const: 'application/json' },
  ce_partitionkey: { ...text, description: 'the key of the record' },
};

const actor = object({ agency: text, unit: text, subject: text, role: text }, ['unit']);
const sealedPart = object({ keyId: text, class: text, nonce: text, ciphertext: text });

/** What every message has in common. */
export const schemas: Readonly<Record<string, Schema>> = {
  EventHeaders: object(
    {
      ...cloudEvent,
      ce_subject: { ...text, description: 'the stream' },
      ce_time: { ...instant, description: 'when it occurred' },
      ce_dataschema: { type: 'string', pattern: '^urn:ihala:event:[A-Za-z]+:[0-9]+$' },
      ce_sequence: {
        ...sequence,
        description: 'in the log of the service, without a hole; digits, so that it sorts as text',
      },
      ce_correlationid: text,
      ce_causationid: text,
      ce_traceparent: { ...text, description: 'W3C Trace Context' },
    },
    ['ce_traceparent'],
  ),
  HeadHeaders: object({ ...cloudEvent, ce_time: instant }),
  ResendHeaders: object(cloudEvent),
  Envelope: object(
    {
      id: { type: 'string', format: 'uuid' },
      type: text,
      schemaVersion: count,
      occurredAt: instant,
      recordedAt: instant,
      stream: text,
      version: { type: 'integer', minimum: 1 },
      sequence: count,
      actor,
      caseId: text,
      correlationId: text,
      causationId: text,
      data: { type: 'object', description: 'in the clear: codes, ids, agencies, process times' },
      sealed: { type: 'array', items: sealedPart, description: 'personal data, AES-256-GCM, one part a class' },
    },
    ['caseId', 'sealed'],
  ),
  Head: {
    ...object({ sequence: countOrNone, at: instant, sent: countOrNone }),
    description:
      'Every event of this log recorded before `at` has a sequence of at most `sequence`; all up to `sent` have been sent on this topic. -1: there is none.',
  },
  ResendRequest: object({ source: text, from: count }),
};

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** One event type as a message. Its sealed parts can't be told apart by a schema: what lies inside stands beside it. */
export function eventMessage(type: string, { schemaVersion, data, personal }: EventSchema): Schema {
  const inside = Object.entries(personal).map(([name, content]) => [name, jsonSchema(content)] as const);
  const own = { type: { const: type }, schemaVersion: { const: schemaVersion }, data: jsonSchema(data) };
  return {
    name: type,
    contentType: 'application/json',
    headers: { allOf: [ref('EventHeaders'), object({ ce_type: { const: type } })] },
    payload: { allOf: [ref('Envelope'), object(own)] },
    bindings: { kafka: { key: { ...text, description: 'the case’s id, else the stream' } } },
    ...(inside.length > 0 && { 'x-sealed-content': Object.fromEntries(inside) }),
  };
}

/** What is sent beside events. */
export const notices: Readonly<Record<string, Schema>> = {
  Head: {
    name: 'ihala.log-head',
    summary: 'How far the log goes; every second.',
    contentType: 'application/json',
    headers: { allOf: [ref('HeadHeaders'), object({ ce_type: { const: 'ihala.log-head' } })] },
    payload: ref('Head'),
  },
  ResendRequest: {
    name: 'ihala.resend-request',
    summary: 'A receiver lacks events of `source`, from the sequence `from` on.',
    contentType: 'application/json',
    headers: { allOf: [ref('ResendHeaders'), object({ ce_type: { const: 'ihala.resend-request' } })] },
    payload: ref('ResendRequest'),
  },
  Unreadable: {
    name: 'unreadable',
    summary: 'Key, value and headers as they came, and where they came from.',
    headers: object({ ihala_topic: text, ihala_offset: text, ihala_receiver: text, ihala_code: text }),
  },
};
