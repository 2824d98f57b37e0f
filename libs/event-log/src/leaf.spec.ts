import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import type { PublishedEvent } from './envelope.js';
import { assertPlainJson, auditLeaf } from './leaf.js';

/** Made by another program. If this test fails, every audit proof given out so far fails too: the code is wrong, not the file. */
const golden = JSON.parse(readFileSync(new URL('./leaf.golden.json', import.meta.url), 'utf8')) as {
  event: PublishedEvent;
  leaf: string;
};

describe('the audit leaf', () => {
  it('is the one in the golden file', () => {
    expect(auditLeaf(golden.event)).toBe(golden.leaf);
  });

  it('is the same for a copy, at any position, with its fields in any order', () => {
    const reversed = Object.fromEntries(Object.entries(golden.event).reverse()) as unknown as PublishedEvent;
    expect(auditLeaf({ ...reversed, position: 12, source: 'cases' })).toBe(golden.leaf);
  });

  it.each(Object.keys(golden.event))('depends on %s', (field) => {
    const { [field]: _, ...rest } = golden.event as unknown as Record<string, unknown>;
    expect(auditLeaf(rest as unknown as PublishedEvent)).not.toBe(golden.leaf);
  });
});

describe('plain JSON', () => {
  const leafValues = [fc.string().filter((text) => text.isWellFormed()), fc.boolean(), fc.maxSafeInteger()];
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 5 }, ...leafValues, fc.array(tie('tree')), fc.dictionary(fc.string(), tie('tree'))),
  }));

  it('passes whatever survives JSON text', () => {
    fc.assert(
      fc.property(tree, (value) => {
        assertPlainJson(value, 'value');
        expect(JSON.stringify(JSON.parse(JSON.stringify(value)))).toBe(JSON.stringify(value));
      }),
    );
  });

  it('tells where the flaw is, and not what it is', () => {
    expect(() => assertPlainJson({ list: [1, { name: 'Aminata\ud800' }] }, 'data')).toThrow(
      new TypeError('not plain JSON: data.list[1].name holds a lone surrogate'),
    );
  });

  it('passes 32 levels and refuses 33', () => {
    const nested = (levels: number) => Array.from({ length: levels }).reduce<unknown>((inner) => [inner], 1);
    expect(() => assertPlainJson(nested(32), 'data')).not.toThrow();
    expect(() => assertPlainJson(nested(33), 'data')).toThrow('nested too deeply');
  });
});
