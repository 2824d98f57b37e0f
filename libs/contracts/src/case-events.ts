import { z } from 'zod';
import { clear, text } from './fields.js';
import { classContents } from './person.js';
import { event } from './event-schema.js';

export const consentPurposes = ['referral', 'custody'] as const;
export const consentBases = ['consent', 'vital-interests', 'best-interests-of-child', 'legal-obligation'] as const;
export const consentMethods = ['written', 'oral-witnessed', 'remote'] as const;
export const confirmationDecisions = ['given', 'refused', 'unable'] as const;
export const transferReasons = ['asylum', 'voluntary-return', 'protection', 'relocation', 'mandate', 'other'] as const;
export const transferRefusalReasons = [
  'no-capacity',
  'out-of-mandate',
  'not-eligible',
  'insufficient-information',
  'other',
] as const;
export const receptionChannels = [
  'walk-in',
  'outreach',
  'partner',
  'hotline',
  'peer-educator',
  'community-agent',
  'rescue',
] as const;

const reason = z.strictObject({ reason: text(2000).optional() });
const note = z.strictObject({ note: text(2000).optional() });
const at = clear.instant();

/** What `cases` publishes: `data` in the clear, the rest sealed under the class it is named by. */
export const caseEvents = {
  CaseOpened: event(
    1,
    {
      caseId: clear.id(),
      reference: clear.reference(),
      custodian: clear.agency(),
      unit: clear.unit().optional(),
      channel: clear.code(receptionChannels),
      region: clear.region().optional(),
      minor: clear.flag(),
      at,
    },
    { ...classContents, texts: z.strictObject({ place: text(200) }) },
  ),
  CaseCorrected: event(1, { at, minor: clear.flag() }, { ...classContents, texts: reason }),
  NoteAdded: event(1, { noteId: clear.id(), at }, { texts: z.strictObject({ text: text(10_000) }) }),
  CaseAssigned: event(1, { assignee: clear.staff(), at }),
  CaseClosed: event(1, { at }, { texts: reason }),
  CaseReopened: event(1, { referralId: clear.id().optional(), at }, { texts: reason }),
  AgeReassessed: event(1, { minor: clear.flag(), at }),
  ConsentRecorded: event(
    1,
    {
      consentId: clear.id(),
      recipient: clear.agency(),
      purpose: clear.code(consentPurposes),
      dataClasses: z.array(clear.openCode()),
      basis: clear.code(consentBases),
      givenBy: clear.code(['person', 'guardian']),
      method: clear.code(consentMethods),
      language: clear.language(),
      interpreter: clear.flag().optional(),
      expiresAt: clear.instant().optional(),
      expiresAtIfConfirmed: clear.instant().optional(),
      at,
    },
    { texts: reason },
  ),
  ConsentConfirmed: event(1, {
    consentId: clear.id(),
    decision: clear.code(confirmationDecisions),
    expiresAt: clear.instant().optional(),
    at,
  }),
  ConsentWithdrawn: event(
    1,
    {
      consentId: clear.id(),
      cause: clear.code(['asked', 'reported', 'refused']),
      referralId: clear.id().optional(),
      at,
    },
    { texts: reason },
  ),
  ConsentExpired: event(1, { consentId: clear.id(), at }),
  TransferProposed: event(
    1,
    {
      transferId: clear.id(),
      from: clear.agency(),
      fromUnit: clear.unit().optional(),
      to: clear.agency(),
      toUnit: clear.unit().optional(),
      reason: clear.code(transferReasons),
      consentId: clear.id(),
      at,
    },
    { texts: note },
  ),
  TransferAccepted: event(1, {
    transferId: clear.id(),
    custodian: clear.agency(),
    unit: clear.unit().optional(),
    at,
  }),
  TransferRefused: event(
    1,
    { transferId: clear.id(), reason: clear.code(transferRefusalReasons), at },
    { texts: note },
  ),
  TransferWithdrawn: event(1, { transferId: clear.id(), at }, { texts: reason }),
  /** Takes a spoken reference for one case; no other case can be given it. */
  ReferenceTaken: event(1, { caseId: clear.id() }),
};
