import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { caseEvents } from './case-events.js';
import { clear, clearFields } from './fields.js';
import { operationsEvents } from './operations-events.js';
import { referralEvents } from './referral-events.js';

/** Every leaf of a schema that may hold a value; containers are walked through. */
function leaves(schema: z.ZodType, path: string): [string, z.ZodType][] {
  if (clearFields.has(schema)) return [];
  if (schema instanceof z.ZodOptional) return leaves(schema.unwrap() as z.ZodType, path);
  if (schema instanceof z.ZodArray) return leaves(schema.element as z.ZodType, `${path}[]`);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => leaves(option as z.ZodType, path));
  if (schema instanceof z.ZodRecord) return leaves(schema.valueType as z.ZodType, `${path}.*`);
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([name, field]) => leaves(field as z.ZodType, `${path}.${name}`));
  }
  return [[path, schema]];
}
const unmarked = (data: z.ZodType) => leaves(data, 'data').map(([path]) => path);

/** A marked field must not be able to carry a sentence about a person. */
const sentence = 'Aminata Diallo, born in Conakry, is afraid of him';

describe('what events carry in the clear', () => {
  const published = Object.entries({ ...caseEvents, ...referralEvents, ...operationsEvents });

  it.each(published)('%s: every field of data is marked clear', (_, { data }) => {
    expect(unmarked(data)).toEqual([]);
  });

  it.each(published)('%s refuses a field it does not know', (_, { data }) => {
    const result = data.safeParse({ surname: 'Diallo' });
    expect(result.error?.issues.some((issue) => issue.code === 'unrecognized_keys')).toBe(true);
  });

  it('finds an unmarked field, wherever it hides', () => {
    const data = z.strictObject({
      at: clear.instant(),
      list: z.array(z.strictObject({ name: z.string().optional() })),
    });
    expect(unmarked(data)).toEqual(['data.list[].name']);
  });

  it.each(Object.entries(clear).filter(([name]) => name !== 'staff'))('clear.%s holds no sentence', (_, make) => {
    const schema = (make as (values: readonly [string]) => z.ZodType)(['open']);
    expect(schema.safeParse(sentence).success).toBe(false);
  });
});
