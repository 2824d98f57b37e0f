import { describe, expect, it } from '@jest/globals';
import type { PublishedEvent } from '@ihala/event-log';
import type { CarriedMessage } from './cloud-event.js';
import { eventMessage, headMessage, resendMessage } from './messages.js';

/** What may be read without opening a message: ids, names of things, numbers and instants. All else could tell of a person. */
const clear = {
  id: '01980c2e-9a00-7000-8000-000000000001',
  type: 'ReferralSent',
  schemaVersion: 7,
  stream: 'cases/case-01980c2e-9a00-7000-8000-0000000000ca',
  version: 3,
  sequence: 41,
  occurredAt: '2026-11-20T09:30:00.000Z',
  recordedAt: '2026-11-20T10:00:00.000Z',
  caseId: '01980c2e-9a00-7000-8000-0000000000ca',
  correlationId: '01980c2e-9a00-7000-8000-0000000000c0',
  causationId: '01980c2e-9a00-7000-8000-0000000000c1',
};
const event: PublishedEvent = {
  ...clear,
  actor: { agency: 'word-agency', unit: 'word-unit', subject: 'word-subject', role: 'word-role' },
  data: { 'word-field': ['word-value', { deep: 'word-deep' }] },
  sealed: [{ keyId: 'word-key', class: 'word-class', nonce: 'word-nonce', ciphertext: 'word-ciphertext' }],
  ...{ later: 'word-later', traceparent: 'word-trace' },
};

const outside = ({ key, headers }: CarriedMessage): string =>
  JSON.stringify([String(key), Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)])]);

describe('the outside of a message', () => {
  it('says nothing of what an event holds, nor who acted', () => {
    expect(String(eventMessage('cases', event).value).match(/word-/g)).toHaveLength(13);
    expect(outside(eventMessage('cases', event))).not.toContain('word-');
    const { caseId, ...service } = event;
    expect(caseId).toBeDefined();
    expect(outside(eventMessage('cases', service))).not.toContain('word-');
  });

  it('has no attributes but these', () => {
    expect(Object.keys(eventMessage('cases', event).headers!).toSorted()).toEqual([
      'ce_causationid',
      'ce_correlationid',
      'ce_dataschema',
      'ce_id',
      'ce_partitionkey',
      'ce_sequence',
      'ce_source',
      'ce_specversion',
      'ce_subject',
      'ce_time',
      'ce_traceparent',
      'ce_type',
      'content-type',
    ]);
    const names = (message: CarriedMessage) => Object.keys(message.headers!);
    const head = headMessage('cases', { sequence: 1, at: clear.recordedAt, sent: 1 });
    const known = new Set(names(eventMessage('cases', event)));
    for (const name of [...names(head), ...names(resendMessage('health', { source: 'cases', from: 1 }))]) {
      expect(known).toContain(name);
    }
  });
});
