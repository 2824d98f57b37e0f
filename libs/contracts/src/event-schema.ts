import { z } from 'zod';
import type { DataClass } from './classes.js';

/** A class of personal content in an event; `texts` is the publishing service's own narrative. */
export type ContentClass = DataClass | 'texts';

/** The published form of one event type: one schema gives the type, the check and the documents. */
export interface EventSchema<
  Data extends z.ZodRawShape = z.ZodRawShape,
  Personal extends Partial<Record<ContentClass, z.ZodObject>> = Partial<Record<ContentClass, z.ZodObject>>,
> {
  readonly schemaVersion: number;
  /** in the clear: codes, ids, agencies, process times */
  readonly data: z.ZodObject<Data, z.core.$strict>;
  /** sealed, one part a class */
  readonly personal: Personal;
}

export function event<
  Data extends z.ZodRawShape,
  Personal extends Partial<Record<ContentClass, z.ZodObject>> = Record<never, never>,
>(schemaVersion: number, data: Data, personal?: Personal): EventSchema<Data, Personal> {
  return { schemaVersion, data: z.strictObject(data), personal: personal ?? ({} as Personal) };
}
