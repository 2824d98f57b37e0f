import type { TracePoint } from '@ihala/event-log';

const form = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(-.*)?$/;

/** The header of W3C Trace Context; undefined: there is none, or none that counts. Whether its sender keeps the trace is its affair. */
export function readTraceparent(header: string | readonly string[] | undefined): TracePoint | undefined {
  const [, version, traceId, spanId, more] = (typeof header === 'string' && form.exec(header)) || [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId!) || /^0+$/.test(spanId!)) return undefined;
  return { traceId: traceId!, spanId: spanId! };
}

/** A trace id, written as a UUID. */
export const asUuid = (traceId: string): string =>
  traceId.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
