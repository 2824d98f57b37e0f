import { z } from 'zod';

/** Representations in the documentation. Loose: fields may be added; one that is not shared or not set is left out. */
const actions = z.array(z.string());
const named = (id: string, shape: z.ZodRawShape) => z.looseObject(shape).meta({ id });

export const consentSchema = named('Consent', {
  id: z.uuid(),
  status: z.string(),
  recipient: z.string(),
  purpose: z.string(),
  dataClasses: z.array(z.string()),
  basis: z.string(),
  allowedActions: actions,
});
export const transferSchema = named('Transfer', {
  id: z.uuid(),
  caseId: z.uuid(),
  status: z.string(),
  from: z.string(),
  to: z.string(),
  reason: z.string(),
  allowedActions: actions.optional(),
});
export const caseSchema = named('Case', {
  id: z.uuid(),
  reference: z.string(),
  status: z.enum(['open', 'closed']),
  custodian: z.string(),
  unit: z.string().optional(),
  openedAt: z.iso.datetime(),
  version: z.int(),
  minor: z.boolean(),
  person: z.looseObject({}).optional(),
  situation: z.looseObject({}).optional(),
  reception: z.looseObject({}).optional(),
  consents: z.array(consentSchema).optional(),
  transfers: z.array(transferSchema).optional(),
  allowedActions: actions.optional(),
});
export const feedItemSchema = named('FeedItem', {
  id: z.uuid(),
  at: z.iso.datetime(),
  source: z.string(),
  type: z.string(),
  caseId: z.uuid(),
  referralId: z.uuid().optional(),
  transferId: z.uuid().optional(),
  consentId: z.uuid().optional(),
  service: z.string().optional(),
});
export const timelineItemSchema = named('TimelineItem', {
  id: z.uuid(),
  at: z.iso.datetime(),
  source: z.string(),
  type: z.string(),
  summary: z.string(),
  actor: z.looseObject({ agency: z.string(), role: z.string() }),
});
