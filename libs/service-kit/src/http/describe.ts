import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiProduces, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';

const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

/** A page of a list, for the documentation. */
export const listOf = (item: z.ZodType) => z.looseObject({ items: z.array(item), next: z.string().nullable() });

/** What a handler does and answers, for the documentation; checks come from the schemas of its parameters. */
export const Describe = (summary: string, status: number, schema: z.ZodType) =>
  applyDecorators(ApiBearerAuth(), DescribePublic(summary, status, schema));

/** The same for an answer that is written bit by bit; `schema`: of one message or line. */
export const DescribeStream = (summary: string, type: string, schema: z.ZodType) =>
  applyDecorators(ApiProduces(type), Describe(summary, 200, schema));

/** The same for Server-Sent Events. */
export const DescribeLive = (summary: string, schema: z.ZodType) =>
  applyDecorators(
    ApiHeader({
      name: 'last-event-id',
      required: false,
      description: 'the `id` of the last message, to go on from there',
    }),
    DescribeStream(summary, 'text/event-stream', schema),
  );

/** The same for what needs no token. */
export const DescribePublic = (summary: string, status: number, schema: z.ZodType) =>
  applyDecorators(
    ApiOperation({ summary }),
    ApiResponse({ status, standardSchema: schema }),
    ApiResponse({ status: 'default', description: 'RFC 9457 problem', standardSchema: problemSchema }),
  );

/** An instant in the query that a handler checks itself. */
export const DescribeInstant = (name: string, description: string) =>
  ApiQuery({ name, required: false, description, schema: { type: 'string', format: 'date-time' } });
