import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { caseReference, isCaseReference } from './reference.js';

const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const reference = fc.uint8Array({ minLength: 4, maxLength: 6 }).map((bytes) => caseReference(2026, bytes));

describe('a spoken reference', () => {
  it('looks like IH-26-7K3QF', () => {
    expect(caseReference(2026, Uint8Array.of(5, 17, 1, 22))).toMatch(/^IH-26-[2-9A-HJ-NP-Z]{5}$/);
  });

  it('is its own check', () => {
    fc.assert(fc.property(reference, (text) => isCaseReference(text)));
  });

  it('tells one character heard wrongly', () => {
    fc.assert(
      fc.property(reference, fc.nat(), fc.constantFrom(...alphabet), (text, where, wrong) => {
        const at = 6 + (where % (text.length - 6));
        fc.pre(text[at] !== wrong);
        return !isCaseReference(text.slice(0, at) + wrong + text.slice(at + 1));
      }),
    );
  });

  it('tells two neighbours swapped, but for the first and last of the alphabet', () => {
    fc.assert(
      fc.property(reference, fc.nat(), (text, where) => {
        const at = 6 + (where % (text.length - 7));
        const [one, other] = [text[at]!, text[at + 1]!];
        fc.pre(one !== other && !['2Z', 'Z2'].includes(one + other));
        return !isCaseReference(text.slice(0, at) + other + one + text.slice(at + 2));
      }),
    );
  });

  it.each(['IH-26-7K3Q', 'IH-26-0K3QF', 'ih-26-7K3QF', 'IH-26-7K3QF-', ''])('refuses %j', (text) => {
    expect(isCaseReference(text)).toBe(false);
  });
});
