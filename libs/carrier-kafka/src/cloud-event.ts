import type { IHeaders } from 'kafkajs';

/** A CloudEvent 1.0: context attributes (`datacontenttype` among them, `data` not) as their string forms, and its data as bytes. */
export interface CloudEvent {
  readonly attributes: Readonly<Record<string, string>>;
  readonly data: Buffer;
}

/** A Kafka record, as it is handed to a producer and as a consumer gives it. */
export interface CarriedMessage {
  readonly key: Buffer | string | null;
  readonly headers?: IHeaders;
  readonly value: Buffer | null;
}

/** It is no CloudEvent in the binary mode, or not one of ours. `code` says why; the content is never quoted. */
export class Unreadable extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

const PREFIX = 'ce_';
const REQUIRED = ['id', 'source', 'specversion', 'type'];
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Kafka protocol binding for CloudEvents 1.0, binary content mode: data is the value, `datacontenttype` the header `content-type`,
 * every other attribute the header `ce_<name>`; `partitionkey`, if there is one, is also the record's key.
 */
export function toMessage({ attributes, data }: CloudEvent): CarriedMessage & { readonly headers: IHeaders } {
  const headers: IHeaders = {};
  for (const name in attributes)
    headers[name === 'datacontenttype' ? 'content-type' : PREFIX + name] = attributes[name];
  return { key: attributes['partitionkey'] ?? null, headers, value: data };
}

/** @throws Unreadable */
export function fromMessage({ headers = {}, value }: CarriedMessage): CloudEvent {
  const attributes: Record<string, string> = {};
  for (const [header, content] of Object.entries(headers)) {
    const name =
      header === 'content-type' ? 'datacontenttype' : header.startsWith(PREFIX) ? header.slice(3) : undefined;
    if (name !== undefined) attributes[name] = text(content);
  }
  if (attributes['datacontenttype']?.toLowerCase().startsWith('application/cloudevents')) {
    throw new Unreadable('not-binary-mode');
  }
  if (REQUIRED.some((name) => !attributes[name])) throw new Unreadable('not-a-cloud-event');
  if (attributes['specversion'] !== '1.0') throw new Unreadable('unknown-specversion');
  if (value === null) throw new Unreadable('no-data');
  return { attributes, data: value };
}

/** A header that stands there twice has no one value. */
function text(content: IHeaders[string]): string {
  if (typeof content === 'string') return content;
  if (!Buffer.isBuffer(content)) throw new Unreadable('header-repeated');
  return decode(content);
}

/** @throws Unreadable on bytes that are not UTF-8 */
export function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Unreadable('not-utf-8');
  }
}
