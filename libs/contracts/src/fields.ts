import { z } from 'zod';

/**
 * The fields that may stand in an event in the clear. Everything else about a person is sealed, so an event's `data`
 * may be built from these alone; a test walks every schema and refuses a field that is not marked here.
 */
export const clearFields = z.registry<{ kind: string }>();
function marked<Schema extends z.ZodType>(schema: Schema, kind: string): Schema {
  clearFields.add(schema, { kind });
  return schema;
}

export const agencyCode = z.string().regex(/^[a-z][a-z0-9-]{1,39}$/);
export const unitName = z
  .string()
  .max(120)
  .regex(/^[a-z][a-z0-9-]{1,39}\/[a-z0-9][a-z0-9-]*$/);
/** As issuers name employees: no spaces, so no sentence. */
export const staffName = z.string().regex(/^[A-Za-z0-9._@:|/=-]{1,255}$/);
/** BCP 47 language, script and region; no private subtags, which could say anything. */
const languageTag = z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|\d{3}))?$/);
export const codeName = z.string().regex(/^[a-z][a-z0-9-]{0,59}$/);

export const clear = {
  /** A closed list of codes. */
  code: <const Values extends readonly [string, ...string[]]>(values: Values) => marked(z.enum(values), 'code'),
  /** A code from a catalogue that may grow. */
  openCode: () => marked(codeName.clone(), 'code'),
  /** A refusal's code, `thing.what-is-wrong`. */
  problem: () => marked(z.string().regex(/^[a-z-]{1,40}\.[a-z-]{1,60}$/), 'code'),
  id: () => marked(z.uuid(), 'id'),
  agency: () => marked(agencyCode.clone(), 'agency'),
  unit: () => marked(unitName.clone(), 'unit'),
  /** An employee of an agency, as its issuer names them; never the person helped. */
  staff: () => marked(staffName.clone(), 'staff'),
  instant: () => marked(z.iso.datetime({ precision: 3 }), 'process time'),
  date: () => marked(z.iso.date(), 'process time'),
  duration: () => marked(z.iso.duration(), 'process time'),
  region: () => marked(z.string().regex(/^MA-(0[1-9]|1[0-2])$/), 'code'),
  language: () => marked(languageTag.clone(), 'code'),
  flag: () => marked(z.boolean(), 'fact'),
  count: () => marked(z.int().min(0), 'fact'),
  version: () => marked(z.string().regex(/^[A-Za-z0-9.@_-]{1,40}$/), 'code'),
  reference: () => marked(z.string().regex(/^IH-\d{2}-[2-9A-HJ-NP-Z]{5,9}$/), 'code'),
};

/** Text that a person wrote: not blank, no control characters but tab and line ends. */
export const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/\S/, 'blank')
    // eslint-disable-next-line no-control-regex -- control characters are what is refused
    .regex(/^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$/u, 'control characters');

const inUtc = (value: string): string | undefined => {
  const parsed = new Date(value);
  const text = Number.isNaN(parsed.getTime()) ? '' : parsed.toISOString();
  return text.length === 24 ? text : undefined;
};

/** Any RFC 3339 instant of the years 0000 to 9999; kept in UTC with milliseconds, so that instants compare as strings. */
export const instant = () =>
  z.iso
    .datetime({ offset: true })
    .refine((value) => inUtc(value) !== undefined, 'not an instant of the years 0000 to 9999')
    .overwrite((value) => inUtc(value) ?? value);

const regionNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
/** ISO 3166-1 alpha-2 */
export const country = () =>
  z
    .string()
    .regex(/^[A-Z]{2}$/)
    .refine((code) => regionNames.of(code) !== undefined, 'no such country');

/** BCP 47 */
export const language = () =>
  languageTag.clone().refine((tag) => {
    try {
      return Intl.getCanonicalLocales(tag).length === 1;
    } catch {
      return false;
    }
  }, 'not a BCP 47 language tag');
