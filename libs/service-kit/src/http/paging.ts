import { createHmac, timingSafeEqual } from 'node:crypto';
import type { PageEnd } from '@ihala/event-log';
import { z } from 'zod';
import { invalid } from './problem.js';

export const limitQuery = z
  .string()
  .regex(/^\d{1,3}$/)
  .transform(Number)
  .pipe(z.int().min(1).max(200))
  .default(50);
/** Query parameters that every list takes. */
export const pageQuery = { limit: limitQuery, cursor: z.string().max(1000).optional() };

/**
 * Cursors say where a page ended. They are keyed and tied to one list of one caller's agency, so that a made-up or
 * borrowed one is told apart from ours.
 */
export class Cursors {
  constructor(private readonly secret: Uint8Array) {}

  encode(list: string, end: PageEnd): string;
  encode(list: string, end: PageEnd | undefined): string | null;
  encode(list: string, end: PageEnd | undefined): string | null {
    if (!end) return null;
    const body = Buffer.from(JSON.stringify([end.value, end.id])).toString('base64url');
    return `${body}.${this.mark(list, body)}`;
  }

  /** @param from where the caller wrote it @throws Problem 400 */
  decode(list: string, cursor: string | undefined, from = 'cursor'): PageEnd | undefined {
    if (cursor === undefined) return undefined;
    const [body = '', mark = '', more] = cursor.split('.');
    const expected = Buffer.from(this.mark(list, body));
    const given = Buffer.from(mark);
    if (more !== undefined || given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw invalid([{ path: from, message: 'not a cursor of this list' }]);
    }
    const [value, id] = JSON.parse(Buffer.from(body, 'base64url').toString()) as [PageEnd['value'], string];
    return { value, id };
  }

  private mark(list: string, body: string): string {
    return createHmac('sha256', this.secret).update(`${list}\n${body}`).digest('base64url').slice(0, 22);
  }
}
