import { expect, it } from '@jest/globals';
import { isUuid, requestIdsOf } from '../http/call.js';
import { readTraceparent } from './traceparent.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const whole = `00-${traceId}-${spanId}-01`;

it.each([
  ['of today', whole],
  ['of a caller that does not keep the trace', `00-${traceId}-${spanId}-00`],
  ['of a later version', `01-${traceId}-${spanId}-01`],
  ['of a later version, with more', `cc-${traceId}-${spanId}-01-what-comes`],
])('a header %s is read', (_, header) => expect(readTraceparent(header)).toEqual({ traceId, spanId }));

it.each<[string, string | string[] | undefined]>([
  ['none', undefined],
  ['one that came twice', [whole, whole]],
  ['two in one', `${whole}, ${whole}`],
  ['one of version ff', `ff-${traceId}-${spanId}-01`],
  ['one of today with more', `${whole}-more`],
  ['one without a trace', `00-${'0'.repeat(32)}-${spanId}-01`],
  ['one without a span', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['one in capitals', whole.toUpperCase()],
  ['one that is too short', whole.slice(0, -1)],
  ['words', 'Aminata'],
])('%s does not count', (_, header) => expect(readTraceparent(header)).toBeUndefined());

it('a request belongs to the correlation that it names, else to its caller’s trace, else to itself', () => {
  const id = '01a20bb2-1ba1-7565-ae9d-8dace64fe7d1';
  const own = '01980C2E-9A00-7000-8000-0000000000C0';
  const correlationOf = (headers: object) => requestIdsOf({ id, headers } as never).correlationId;
  expect(isUuid(own)).toBe(true);
  expect(correlationOf({ 'x-correlation-id': own, traceparent: whole })).toBe(own.toLowerCase());
  expect(correlationOf({ 'x-correlation-id': 'Aminata', traceparent: whole })).toBe(
    '4bf92f35-77b3-4da6-a3ce-929d0e0e4736',
  );
  expect(correlationOf({ traceparent: 'Aminata' })).toBe(id);
});
