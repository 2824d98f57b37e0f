import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { parseBody } from './json.js';
import { type FieldError, invalid } from './problem.js';

/** Checks what a handler declares with `@Body({ schema })` or `@Query({ schema })`. Bodies are parsed here, after the guards. */
@Injectable()
export class SchemaPipe implements PipeTransform {
  transform(value: unknown, { type, schema }: ArgumentMetadata): unknown {
    if (type !== 'body' && type !== 'query') return value;
    const input = type === 'body' ? parseBody(value) : { ...(value as object) };
    return schema ? checked(schema as unknown as z.ZodType, input) : input;
  }
}

/** @throws Problem 400 `request.invalid`, with the path of each field that is wrong */
export function checked<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw invalid(result.error.issues.flatMap(fieldErrors).slice(0, 50));
}

/** zod names unknown keys together at their parent; a client wants one error a field. */
function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const at = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...at, key.slice(0, 100)].join('.'), message: 'unknown field' }));
  }
  return [{ path: at.join('.'), message: describe(issue) }];
}

/** Messages say what was wanted; they never repeat what was given. */
function describe(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${issue.expected}`;
    case 'too_small':
      return `too small, at least ${issue.minimum}`;
    case 'too_big':
      return `too big, at most ${issue.maximum}`;
    case 'invalid_format':
      return `not a valid ${issue.format === 'regex' ? 'value' : issue.format}`;
    case 'invalid_value':
      return `expected one of ${issue.values.map(String).join(', ')}`;
    case 'custom':
      return issue.message;
    default:
      return 'not valid';
  }
}
