import type { DomainEvent } from '@ihala/decider';

/** Codes of this page are the agencies' own; the published schemas in `contracts` list the same ones. */
export type ConsentPurpose = 'referral' | 'custody';
export type ConsentBasis = 'consent' | 'vital-interests' | 'best-interests-of-child' | 'legal-obligation';
export type ConfirmationDecision = 'given' | 'refused' | 'unable';
export type TransferReason = 'asylum' | 'voluntary-return' | 'protection' | 'relocation' | 'mandate' | 'other';
export type TransferRefusalReason =
  'no-capacity' | 'out-of-mandate' | 'not-eligible' | 'insufficient-information' | 'other';
export type ReceptionChannel =
  'walk-in' | 'outreach' | 'partner' | 'hotline' | 'peer-educator' | 'community-agent' | 'rescue';

export type CaseOpened = DomainEvent<
  'CaseOpened',
  {
    readonly caseId: string;
    readonly reference: string;
    readonly custodian: string;
    readonly unit?: string;
    readonly channel: ReceptionChannel;
    readonly region?: string;
    readonly minor: boolean;
    readonly at: string;
  }
>;
export type CaseCorrected = DomainEvent<'CaseCorrected', { readonly at: string; readonly minor: boolean }>;
export type NoteAdded = DomainEvent<'NoteAdded', { readonly noteId: string; readonly at: string }>;
export type CaseAssigned = DomainEvent<'CaseAssigned', { readonly assignee: string; readonly at: string }>;
export type CaseClosed = DomainEvent<'CaseClosed', { readonly at: string }>;
/** `referralId`: opened again by itself, since this referral was sent while the closure was on its way. */
export type CaseReopened = DomainEvent<'CaseReopened', { readonly referralId?: string; readonly at: string }>;
/** The person came of age, or was found to be a child, since it was last recorded. */
export type AgeReassessed = DomainEvent<'AgeReassessed', { readonly minor: boolean; readonly at: string }>;

export type ConsentRecorded = DomainEvent<
  'ConsentRecorded',
  {
    readonly consentId: string;
    readonly recipient: string;
    readonly purpose: ConsentPurpose;
    readonly dataClasses: readonly string[];
    readonly basis: ConsentBasis;
    readonly givenBy: 'person' | 'guardian';
    readonly method: 'written' | 'oral-witnessed' | 'remote';
    readonly language: string;
    readonly interpreter?: boolean;
    readonly expiresAt?: string;
    /** when it would end if the person's own word came; `expiresAt` is earlier, until it does */
    readonly expiresAtIfConfirmed?: string;
    readonly at: string;
  }
>;
/** What the person said after help that could not wait for their word. */
export type ConsentConfirmed = DomainEvent<
  'ConsentConfirmed',
  {
    readonly consentId: string;
    readonly decision: ConfirmationDecision;
    /** its end from now on; absent: it has none, or the decision changes nothing */
    readonly expiresAt?: string;
    readonly at: string;
  }
>;
/** `reported`: said to the receiver of this referral. `refused`: what the person answered when asked to confirm. */
export type ConsentWithdrawn = DomainEvent<
  'ConsentWithdrawn',
  {
    readonly consentId: string;
    readonly cause: 'asked' | 'reported' | 'refused';
    readonly referralId?: string;
    readonly at: string;
  }
>;
export type ConsentExpired = DomainEvent<'ConsentExpired', { readonly consentId: string; readonly at: string }>;

export type TransferProposed = DomainEvent<
  'TransferProposed',
  {
    readonly transferId: string;
    readonly from: string;
    readonly fromUnit?: string;
    readonly to: string;
    readonly toUnit?: string;
    readonly reason: TransferReason;
    readonly consentId: string;
    readonly at: string;
  }
>;
export type TransferAccepted = DomainEvent<
  'TransferAccepted',
  { readonly transferId: string; readonly custodian: string; readonly unit?: string; readonly at: string }
>;
export type TransferRefused = DomainEvent<
  'TransferRefused',
  { readonly transferId: string; readonly reason: TransferRefusalReason; readonly at: string }
>;
export type TransferWithdrawn = DomainEvent<'TransferWithdrawn', { readonly transferId: string; readonly at: string }>;

export type CaseEvent =
  | CaseOpened
  | CaseCorrected
  | NoteAdded
  | CaseAssigned
  | CaseClosed
  | CaseReopened
  | AgeReassessed
  | ConsentRecorded
  | ConsentConfirmed
  | ConsentWithdrawn
  | ConsentExpired
  | TransferProposed
  | TransferAccepted
  | TransferRefused
  | TransferWithdrawn;

export const caseStream = (caseId: string): string => `cases/case-${caseId}`;
