import { describe, expect, it } from '@jest/globals';
import { CloudEvent, Kafka } from 'cloudevents';
import { fromMessage, toMessage, Unreadable, type CarriedMessage } from './cloud-event.js';

/** The example of the Kafka protocol binding for CloudEvents 1.0, section 3.2.5, with some bytes for its Avro data. */
const example = {
  attributes: {
    specversion: '1.0',
    type: 'com.example.someevent',
    source: '/mycontext/subcontext',
    id: '1234-1234-1234',
    time: '2018-04-05T03:56:24Z',
    datacontenttype: 'application/avro',
    partitionkey: 'mykey',
  },
  data: Buffer.from([0x4f, 0x62, 0x6a, 0x01, 0xff]),
};

/** Key, headers by name and value as hexadecimal bytes: what a broker stores. */
function bytesOf({ key, headers, value }: CarriedMessage) {
  const hex = (content: unknown) => Buffer.from(content as Buffer | string).toString('hex');
  return {
    key: key && hex(key),
    value: value && hex(value),
    headers: Object.fromEntries(Object.entries(written({ headers })).map(([name, content]) => [name, hex(content)])),
  };
}
/** What is undefined is not written. */
function written({ headers = {} }: Pick<CarriedMessage, 'headers'>): Record<string, Buffer | string> {
  return Object.fromEntries(Object.entries(headers).filter(([, content]) => content !== undefined)) as never;
}
/** As a consumer gives it: everything is bytes. */
const arrived = ({ key, headers = {}, value }: CarriedMessage): CarriedMessage => ({
  key: key && Buffer.from(key),
  value,
  headers: Object.fromEntries(Object.entries(headers).map(([name, content]) => [name, Buffer.from(content as string)])),
});

describe('the binary mode of CloudEvents on Kafka', () => {
  it('writes the specification’s example byte for byte', () => {
    expect(bytesOf(toMessage(example))).toEqual({
      key: '6d796b6579',
      value: '4f626a01ff',
      headers: {
        ce_specversion: '312e30',
        ce_type: '636f6d2e6578616d706c652e736f6d656576656e74',
        ce_source: '2f6d79636f6e746578742f737562636f6e74657874',
        ce_id: '313233342d313233342d31323334',
        ce_time: '323031382d30342d30355430333a35363a32345a',
        'content-type': '6170706c69636174696f6e2f6176726f',
        ce_partitionkey: '6d796b6579',
      },
    });
  });

  it('reads it back', () => {
    expect(fromMessage(arrived(toMessage(example)))).toEqual(example);
  });

  it('agrees with the CloudEvents SDK, in both directions', () => {
    const { attributes, data } = example;
    const theirs = Kafka.binary(new CloudEvent({ ...attributes, data })) as unknown as CarriedMessage;
    const ours = bytesOf(toMessage(example));
    // the SDK says the content type twice
    const { ce_datacontenttype, ...headers } = bytesOf(theirs).headers;
    expect({ ...bytesOf(theirs), headers }).toEqual(ours);
    expect(ce_datacontenttype).toBe(ours.headers['content-type']);
    expect(fromMessage({ ...theirs, headers: written(theirs) })).toEqual(example);
    const read = Kafka.toEvent(toMessage(example) as never) as CloudEvent<unknown>;
    expect(read).toMatchObject({ ...attributes, time: '2018-04-05T03:56:24.000Z' });
  });

  it('keeps every language in a header', () => {
    const attributes = { ...example.attributes, subject: 'إحالة — é✓' };
    const message = toMessage({ ...example, attributes });
    expect(bytesOf(message).headers['ce_subject']).toBe('d8a5d8add8a7d984d8a920e2809420c3a9e29c93');
    expect(fromMessage(arrived(message)).attributes['subject']).toBe(attributes.subject);
  });

  it('passes over headers that are not attributes', () => {
    const { headers, ...rest } = arrived(toMessage(example));
    const marked = { ...rest, headers: { ...headers, 'x-trace': Buffer.from('1') } };
    expect(fromMessage(marked)).toEqual(example);
  });

  it.each<[string, Partial<CarriedMessage>]>([
    ['not-a-cloud-event', { headers: {} }],
    ['not-a-cloud-event', { headers: { ...toMessage(example).headers, ce_id: Buffer.from('') } }],
    ['unknown-specversion', { headers: { ...toMessage(example).headers, ce_specversion: Buffer.from('2.0') } }],
    ['not-binary-mode', { headers: { 'content-type': Buffer.from('Application/CloudEvents+json; charset=UTF-8') } }],
    ['no-data', { value: null }],
    ['not-utf-8', { headers: { ...toMessage(example).headers, ce_type: Buffer.from([0xff]) } }],
    ['header-repeated', { headers: { ...toMessage(example).headers, ce_id: [Buffer.from('1'), Buffer.from('2')] } }],
  ])('says %s', (code, change) => {
    expect(() => fromMessage({ ...arrived(toMessage(example)), ...change })).toThrow(new Unreadable(code));
  });
});
