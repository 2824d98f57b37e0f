import { z } from 'zod';
import type { DataClass } from './classes.js';
import { country, language, text } from './fields.js';

/** What each data class holds of a person; one sealed part of an event each. All fields optional: an event may be a correction. */
const ageEstimate = z.strictObject({ years: z.int().min(0).max(120), on: z.iso.date() });
export const protectionNeeds = [
  'pregnant',
  'single-parent',
  'unaccompanied-child',
  'separated-child',
  'older-person',
  'disability',
  'serious-illness',
] as const;
export const violenceNeeds = ['trafficking-victim', 'violence-survivor'] as const;
export const legalStatuses = [
  'asylum-seeker',
  'refugee',
  'stateless',
  'resident',
  'regularised',
  'irregular',
  'unknown',
] as const;

/** Fields that agencies agree among themselves; sealed whole, so their names need no register here. */
const freeField = z.union([text(500), z.int(), z.boolean(), z.array(text(200)).max(50)]);
const freeRecord = z.record(z.string().regex(/^[a-z][A-Za-z0-9]{0,39}$/), freeField);
const document = z.union([
  text(200),
  z.strictObject({
    kind: text(100),
    number: text(100).optional(),
    country: country().optional(),
    issuedBy: text(200).optional(),
    issuedOn: z.iso.date().optional(),
    validUntil: z.iso.date().optional(),
  }),
]);

const identity = z.strictObject({
  givenName: text(200).optional(),
  familyName: text(200).optional(),
  alias: text(200).optional(),
  dateOfBirth: z.iso.date().optional(),
  birthYear: z.int().min(1900).max(2200).optional(),
  ageEstimate: ageEstimate.optional(),
  sex: z.enum(['female', 'male', 'other', 'unknown']).optional(),
  nationality: country().optional(),
  languages: z.array(language()).max(20).optional(),
});
const contact = z.strictObject({
  phone: z
    .string()
    .regex(/^\+?[0-9][0-9 ().-]{4,24}$/)
    .optional(),
  email: z.email().max(254).optional(),
  address: text(500).optional(),
  safeContact: z.strictObject({ channel: text(100), note: text(500).optional() }).optional(),
});
const papers = z.strictObject({ unhcrId: text(100).optional(), documents: z.array(document).max(50).optional() });
const standing = z.strictObject({
  legalStatus: z.enum(legalStatuses).optional(),
  recognisedBy: z.enum(['hcr', 'bra']).optional(),
  permitValidUntil: z.iso.date().optional(),
});
const family = z.strictObject({
  household: z.strictObject({ adults: z.int().min(0).max(100), children: z.int().min(0).max(100) }).optional(),
  guardian: z
    .strictObject({
      kind: z.enum(['parent', 'relative', 'institution', 'court']),
      name: text(200),
      since: z.iso.date(),
    })
    .optional(),
});
const education = z.strictObject({ education: freeRecord.optional() });
const employment = z.strictObject({ employment: freeRecord.optional() });

export const classContents = {
  identity,
  contact,
  status: z.strictObject({ ...standing.shape, ...papers.shape }),
  family,
  protection: z.strictObject({ vulnerabilities: z.array(z.enum(protectionNeeds)).max(20).optional() }),
  violence: z.strictObject({ vulnerabilities: z.array(z.enum(violenceNeeds)).max(20).optional() }),
  education,
  employment,
} satisfies Partial<Record<DataClass, z.ZodType>>;
/** The classes a case records; `health` is recorded by health services alone. */
export type RecordedClass = keyof typeof classContents;
export const recordedClasses = Object.keys(classContents) as RecordedClass[];

/** `person` and `situation` as HTTP carries them. */
export const personBody = z.strictObject({ ...identity.shape, ...contact.shape, ...papers.shape });
export const situationBody = z.strictObject({
  ...standing.shape,
  ...family.shape,
  vulnerabilities: z
    .array(z.enum([...protectionNeeds, ...violenceNeeds]))
    .max(20)
    .optional(),
  ...education.shape,
  ...employment.shape,
});
export type PersonBody = z.infer<typeof personBody>;
export type SituationBody = z.infer<typeof situationBody>;
export type ClassContents = { [Class in RecordedClass]?: z.infer<(typeof classContents)[Class]> };

const pick = (body: object, schema: z.ZodObject) =>
  Object.fromEntries(Object.entries(body).filter(([field, value]) => field in schema.shape && value !== undefined));

/**
 * Parts `person` and `situation` by class. A class that nothing was said about is empty, never left out: whether
 * somebody was trafficked must not show from which parts an event has.
 */
export function byClass(person: PersonBody = {}, situation: SituationBody = {}): Required<ClassContents> {
  const all = { ...person, ...situation };
  const { vulnerabilities, ...rest } = all;
  const parts = Object.fromEntries(recordedClasses.map((name) => [name, pick(rest, classContents[name])]));
  if (vulnerabilities) {
    const among = (list: readonly string[]) => vulnerabilities.filter((code) => list.includes(code));
    parts['protection'] = { vulnerabilities: among(protectionNeeds) };
    parts['violence'] = { vulnerabilities: among(violenceNeeds) };
  }
  return parts as Required<ClassContents>;
}

/** One flat object of everything that is known, as a receiver sees it inside a referral. */
export function flattened(contents: ClassContents): PersonBody & SituationBody {
  const { protection, violence, ...rest } = contents;
  const flat = Object.assign({}, ...Object.values(rest)) as PersonBody & SituationBody;
  const needs = [...(protection?.vulnerabilities ?? []), ...(violence?.vulnerabilities ?? [])];
  return protection?.vulnerabilities || violence?.vulnerabilities ? { ...flat, vulnerabilities: needs } : flat;
}

/** The same, as the custodian sees it: who the person is, and how they are placed. */
export function personAndSituation(contents: ClassContents): { person: PersonBody; situation: SituationBody } {
  const flat = flattened(contents);
  return { person: pick(flat, personBody), situation: pick(flat, situationBody) };
}
