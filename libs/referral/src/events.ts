import type { DomainEvent } from '@ihala/decider';

export type Urgency = 'emergency' | 'urgent' | 'routine';
export type SuspensionCause = 'withdrawn' | 'expired' | 'reported';
/** Whom lateness is brought before, one after the other. */
export const escalationLevels = ['unit', 'receiver-supervisor', 'sender-supervisor'] as const;
export type EscalationLevel = (typeof escalationLevels)[number];

interface At {
  /** instant, RFC 3339 UTC */
  readonly at: string;
}
type Event<Type extends string, Data extends object = object> = DomainEvent<Type, Data & At>;

export type ReferralSent = Event<
  'ReferralSent',
  {
    readonly referralId: string;
    readonly caseId: string;
    readonly consentId: string;
    /** from then on nothing is shared on it */
    readonly consentExpiresAt?: string;
    readonly sector: string;
    /** the sector's name when the service is sensitive: then the code is sealed */
    readonly service: string;
    readonly sender: string;
    readonly senderUnit?: string;
    readonly receiver: string;
    readonly receiverUnit?: string;
    readonly urgency: Urgency;
    readonly answerDueAt: string;
    /** what the due instant was computed with; never computed again */
    readonly calendar?: string;
    readonly timeZoneData?: string;
    readonly follows?: string;
  }
>;
export type ReferralAcknowledged = Event<'ReferralAcknowledged'>;
export type ReferralAssigned = Event<'ReferralAssigned', { readonly assignee: string; readonly unit?: string }>;
/** `remaining`: milliseconds left on the stopped clock; absent in emergencies, which no question stops. */
export type InformationRequested = Event<
  'InformationRequested',
  { readonly about: string; readonly remaining?: number }
>;
export type InformationGiven = Event<'InformationGiven', { readonly answerDueAt?: string }>;
export type ReferralAccepted = Event<'ReferralAccepted'>;
export type ReferralDeclined = Event<'ReferralDeclined', { readonly reason: string }>;
export type AppointmentScheduled = Event<'AppointmentScheduled', { readonly appointmentAt: string }>;
export type AppointmentAttended = Event<'AppointmentAttended'>;
export type AppointmentMissed = Event<'AppointmentMissed'>;
export type AppointmentCancelled = Event<'AppointmentCancelled', { readonly cancelledBy: 'person' | 'service' }>;
export type ServiceStarted = Event<'ServiceStarted'>;
export type StepRecorded = Event<
  'StepRecorded',
  { readonly step: string; readonly fields: Readonly<Record<string, string | number | boolean>> }
>;
export type ServicePutOnHold = Event<'ServicePutOnHold', { readonly until?: string }>;
export type ServiceResumed = Event<'ServiceResumed'>;
export type ServiceCompleted = Event<'ServiceCompleted', { readonly outcome: string }>;
export type ServiceFailed = Event<'ServiceFailed', { readonly reason: string }>;
/** Which service is sealed: a need that shows is a need that is shared. */
export type NextServiceSuggested = Event<'NextServiceSuggested', { readonly sector: string }>;
export type CancellationRequested = Event<'CancellationRequested', { readonly supervisorMayCancelFrom: string }>;
export type ReferralCancelled = Event<'ReferralCancelled'>;
export type ConsentWithdrawalReported = Event<'ConsentWithdrawalReported'>;
export type ReferralSuspended = Event<'ReferralSuspended', { readonly cause: SuspensionCause }>;
export type SharingStopped = Event<'SharingStopped', { readonly ownRecordKept?: boolean }>;
export type ReferralOverdue = Event<'ReferralOverdue', { readonly dueAt: string }>;
export type ReferralEscalated = Event<'ReferralEscalated', { readonly to: EscalationLevel }>;
export type SenderChanged = Event<'SenderChanged', { readonly sender: string; readonly senderUnit?: string }>;
export type ReferralReviewed = Event<
  'ReferralReviewed',
  { readonly satisfied: boolean; readonly personInformed?: boolean }
>;
export type ReferralRedirected = Event<'ReferralRedirected', { readonly followedBy: string }>;
export type ReferralReopened = Event<'ReferralReopened'>;
export type ReferralEnteredInError = Event<'ReferralEnteredInError'>;

export type ReferralEvent =
  | ReferralSent
  | ReferralAcknowledged
  | ReferralAssigned
  | InformationRequested
  | InformationGiven
  | ReferralAccepted
  | ReferralDeclined
  | AppointmentScheduled
  | AppointmentAttended
  | AppointmentMissed
  | AppointmentCancelled
  | ServiceStarted
  | StepRecorded
  | ServicePutOnHold
  | ServiceResumed
  | ServiceCompleted
  | ServiceFailed
  | NextServiceSuggested
  | CancellationRequested
  | ReferralCancelled
  | ConsentWithdrawalReported
  | ReferralSuspended
  | SharingStopped
  | ReferralOverdue
  | ReferralEscalated
  | SenderChanged
  | ReferralReviewed
  | ReferralRedirected
  | ReferralReopened
  | ReferralEnteredInError;
