import {
  agencyCode,
  confirmationDecisions,
  consentBases,
  consentMethods,
  consentPurposes,
  dataClasses,
  instant,
  language,
  personBody,
  receptionChannels,
  situationBody,
  staffName,
  text,
  transferReasons,
  transferRefusalReasons,
  unitName,
} from '@ihala/contracts';
import { z } from 'zod';

const region = z.string().regex(/^MA-(0[1-9]|1[0-2])$/);
const reason = text(2000);
const note = text(2000).optional();
const staff = staffName;

export const openingBody = z
  .strictObject({
    person: personBody
      .refine(
        (person) => person.givenName ?? person.familyName ?? person.alias,
        'givenName, familyName or alias is needed',
      )
      .refine(
        (person) => person.dateOfBirth ?? person.birthYear ?? person.ageEstimate,
        'dateOfBirth, birthYear or ageEstimate is needed',
      ),
    situation: situationBody.required({ legalStatus: true }),
    reception: z.strictObject({
      place: text(200),
      channel: z.enum(receptionChannels),
      region: region.optional(),
      unit: unitName.optional(),
    }),
  })
  .meta({ id: 'CaseOpening' });

export const correctionBody = z
  .strictObject({ person: personBody.optional(), situation: situationBody.optional(), reason })
  .refine((body) => body.person ?? body.situation, 'person or situation is needed')
  .meta({ id: 'CaseCorrection' });
export const noteBody = z.strictObject({ text: text(10_000) }).meta({ id: 'CaseNote' });
export const assignmentBody = z.strictObject({ subject: staff }).meta({ id: 'CaseAssignment' });
export const reasonBody = z.strictObject({ reason }).meta({ id: 'WithReason' });

/** Bases by which somebody other than the person decides: they need a reason and a supervisor. */
export const exceptionalBases: readonly string[] = ['best-interests-of-child', 'legal-obligation'];

export const consentBody = z
  .strictObject({
    recipient: agencyCode,
    purpose: z.enum(consentPurposes),
    dataClasses: z
      .array(z.enum(dataClasses))
      .min(1)
      .max(dataClasses.length)
      .refine((classes) => new Set(classes).size === classes.length, 'a class stands twice'),
    basis: z.enum(consentBases),
    givenBy: z.enum(['person', 'guardian']),
    method: z.enum(consentMethods),
    language: language(),
    interpreter: z.boolean().optional(),
    reason: reason.optional(),
    expiresAt: instant().optional(),
  })
  .refine((body) => body.reason !== undefined || !exceptionalBases.includes(body.basis), {
    path: ['reason'],
    message: 'this basis needs a reason',
  })
  .meta({ id: 'ConsentRecording' });

export const confirmationBody = z
  .strictObject({ decision: z.enum(confirmationDecisions) })
  .meta({ id: 'ConsentConfirmation' });
export const withdrawalBody = z.strictObject({ reason: reason.optional() }).meta({ id: 'Withdrawal' });

export const transferBody = z
  .strictObject({
    to: agencyCode,
    unit: unitName.optional(),
    reason: z.enum(transferReasons),
    consentId: z.uuid(),
    note,
  })
  .refine((body) => body.unit === undefined || body.unit.startsWith(`${body.to}/`), {
    path: ['unit'],
    message: 'not a unit of this agency',
  })
  .meta({ id: 'TransferProposal' });
export const emptyBody = z.strictObject({}).meta({ id: 'Empty' });
export const transferRefusalBody = z
  .strictObject({ reason: z.enum(transferRefusalReasons), note })
  .refine((body) => body.reason !== 'other' || body.note !== undefined, {
    path: ['note'],
    message: 'other needs a note',
  })
  .meta({ id: 'TransferRefusal' });

export type OpeningBody = z.infer<typeof openingBody>;
export type CorrectionBody = z.infer<typeof correctionBody>;
export type ConsentBody = z.infer<typeof consentBody>;
export type TransferBody = z.infer<typeof transferBody>;
