import { agencyCode, codeName, instant as anyInstant, staffName, text, unitName } from '@ihala/contracts';
import type { ReferralAction } from '@ihala/referral';
import { z } from 'zod';
import type { ServiceDefinition, Step, StepField } from './catalogue.js';

const reason = text(2000);
const note = text(2000).optional();
const urgency = z.enum(['emergency', 'urgent', 'routine']);

const ofItsAgency = {
  check: (body: { receiver: string; receiverUnit?: string }) =>
    body.receiverUnit === undefined || body.receiverUnit.startsWith(`${body.receiver}/`),
  error: { path: ['receiverUnit'], message: 'not a unit of this receiver' },
};

export const sendingBody = z
  .strictObject({
    caseId: z.uuid(),
    consentId: z.uuid(),
    service: codeName,
    receiver: agencyCode,
    receiverUnit: unitName.optional(),
    urgency,
    reason,
    note,
  })
  .refine(ofItsAgency.check, ofItsAgency.error)
  .meta({ id: 'ReferralSending' });
export type SendingBody = z.infer<typeof sendingBody>;

export const redirectionBody = z
  .strictObject({
    receiver: agencyCode,
    receiverUnit: unitName.optional(),
    service: codeName.optional(),
    consentId: z.uuid(),
    urgency: urgency.optional(),
    reason: reason.optional(),
  })
  .refine(ofItsAgency.check, ofItsAgency.error)
  .meta({ id: 'ReferralRedirection' });
export type RedirectionBody = z.infer<typeof redirectionBody>;

/** The bodies that are the same for every service; what a service narrows stands in `narrowedBody`. */
const bodies = {
  acknowledgement: z.strictObject({}),
  assignment: z.strictObject({ subject: staffName, unit: unitName.optional() }),
  'information-request': z.strictObject({
    about: z.enum(['person', 'need', 'place', 'documents', 'other']),
    question: text(2000),
  }),
  information: z.strictObject({ answer: text(5000) }),
  acceptance: z.strictObject({ note }),
  refusal: z.strictObject({ reason: codeName, note }),
  appointment: z.strictObject({ at: anyInstant(), place: text(300), note }),
  attendance: z.strictObject({
    outcome: z.enum(['attended', 'no-show', 'cancelled-by-person', 'cancelled-by-service']),
  }),
  start: z.strictObject({}),
  steps: z.looseObject({}),
  hold: z.strictObject({ reason, until: anyInstant().optional() }),
  resumption: z.strictObject({}),
  completion: z.strictObject({ outcome: codeName, note }),
  failure: z.strictObject({ reason: codeName, note }),
  'cancellation-request': z.strictObject({ reason }),
  cancellation: z.strictObject({}),
  review: z.strictObject({ satisfied: z.boolean(), note, personInformed: z.boolean().optional() }),
  redirection: redirectionBody,
  suggestion: z.strictObject({ sector: codeName, service: codeName, note }),
  reopening: z.strictObject({ reason }),
  'consent-withdrawal': z.strictObject({ reason: reason.optional() }),
  'sharing-stop': z.strictObject({ ownRecordKept: z.boolean().optional(), ground: text(500).optional() }),
  error: z.strictObject({ reason }),
} satisfies Record<ReferralAction, z.ZodType>;

export type BodyOf<Action extends ReferralAction> = z.infer<(typeof bodies)[Action]>;

/** @param sectors those that there are: nobody is sent to one that there is not */
export const commonBody = (action: ReferralAction, sectors: readonly string[]): z.ZodType =>
  action === 'suggestion'
    ? bodies.suggestion.extend({ sector: z.enum(sectors as [string, ...string[]]) })
    : bodies[action];

const amongWithNote = (codes: readonly string[], needNote: readonly string[]) =>
  z
    .strictObject({ reason: z.enum(codes as [string, ...string[]]), note })
    .refine((body) => body.note !== undefined || !needNote.includes(body.reason), {
      path: ['note'],
      message: 'this reason needs a note',
    });

/** What a service narrows of an action's common body; undefined: nothing. */
export function narrowedBody(action: ReferralAction, service: ServiceDefinition): z.ZodType | undefined {
  switch (action) {
    case 'refusal':
      return amongWithNote(service.refusalReasons, service.reasonsWithNote);
    case 'failure':
      return amongWithNote(service.failureReasons, ['other']);
    case 'completion':
      return bodies.completion.extend({ outcome: z.enum(service.outcomes as [string, ...string[]]) });
    default:
      return undefined;
  }
}

const stepFieldSchemas = {
  instant: () => anyInstant(),
  date: () => z.iso.date(),
  flag: () => z.boolean(),
  count: () => z.int().min(1).max(1_000_000_000),
  code: (field: StepField) => z.enum(field.values!),
  words: () => text(5000),
  list: () => z.array(text(500)).max(100),
  profile: () =>
    z.strictObject({
      occupations: z.array(text(300)).max(50).optional(),
      languages: z.array(text(100)).max(50).optional(),
    }),
} satisfies Record<StepField['kind'], (field: StepField) => z.ZodType>;

/** The step's own fields, and no other. */
export const stepBody = ({ fields }: Step): z.ZodObject =>
  z.strictObject(
    Object.fromEntries(
      Object.entries(fields).map(([name, field]) => {
        const schema: z.ZodType = stepFieldSchemas[field.kind](field);
        return [name, field.optional ? schema.optional() : schema];
      }),
    ),
  );
