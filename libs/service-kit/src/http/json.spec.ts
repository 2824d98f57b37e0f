import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseBody, parseJson, RawBody } from './json.js';
import { type Problem } from './problem.js';

const parse = (text: string | Uint8Array) => parseJson(typeof text === 'string' ? Buffer.from(text) : text);
const body = (bytes: string, contentType?: string, tooLarge = false) =>
  parseBody(new RawBody(Buffer.from(bytes), contentType, tooLarge));
const status = (act: () => unknown): number | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as Problem).status;
  }
};

describe('JSON', () => {
  it.each([
    ['malformed', '{"a":'],
    ['a name that stands twice', '{"a":1,"b":{"a":1},"a":2}'],
    ['a name that stands twice, spelt otherwise', '{"a":1,"\\u0061":2}'],
    ['__proto__', '{"x":{"__proto__":{}}}'],
    ['constructor', '{"constructor":1}'],
    ['a lone surrogate', '{"a":"\\ud800"}'],
    ['a lone surrogate in a name', '{"\\udc00":1}'],
    ['an integer beyond 2^53', '{"a":9007199254740993}'],
    ['a number without end', '[1e999]'],
    ['deep nesting', `${'['.repeat(40)}${']'.repeat(40)}`],
    ['very deep nesting', `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
    ['a byte order mark', '\ufeff{}'],
    ['two values', '{}{}'],
    ['invalid UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
  ])('refuses %s', (_, text) => {
    expect(status(() => parse(text))).toBe(400);
  });

  it.each([
    '{"a":[1,-2.5e3,true,null,"x"],"b":{"a":"\\"}{[\\\\"}}',
    '[{"a":1},{"a":2}]',
    '"é\\ud83d\\ude00"',
    ' {"a" : "b" , "c" : [ ] } ',
  ])('reads %s', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it('reads whatever JSON.stringify writes of plain values', () => {
    const plain = fc.jsonValue({ maxDepth: 5, noUnicodeString: false }).filter((value) => {
      const text = JSON.stringify(value);
      return !/__proto__|constructor|prototype/.test(text) && JSON.stringify(JSON.parse(text)).isWellFormed();
    });
    fc.assert(
      fc.property(plain, (value) => {
        const text = JSON.stringify(value);
        const numbers = text.match(/-?\d[\d.eE+-]*/g) ?? [];
        fc.pre(!/\\u[dD][89a-fA-F]/.test(text));
        fc.pre(numbers.every((number) => Math.abs(Number(number)) <= Number.MAX_SAFE_INTEGER));
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a body', () => {
  it('that is missing or empty is {}', () => {
    expect([parseBody(undefined), body('', 'text/plain')]).toEqual([{}, {}]);
  });
  it('is refused for its size, then its type, then its form', () => {
    expect([
      status(() => body('{', 'text/plain', true)),
      status(() => body('{', 'text/plain')),
      status(() => body('{', 'application/json')),
      status(() => body('{}', undefined)),
      status(() => body('{}', 'application/json; charset=iso-8859-1')),
    ]).toEqual([413, 415, 400, 415, 415]);
  });
  it('is JSON in UTF-8, said or not', () => {
    expect([body('{}', 'application/json'), body('{}', 'Application/JSON; charset=UTF-8')]).toEqual([{}, {}]);
  });
});
