import type { ReferralEvent, ReferralSent } from './events.js';
import type { ReferralStatus } from './protocol.js';

/** Aminata, referred by Entraide Nationale to the health centre; dates stand still. */
export const monday = '2026-03-02T09:00:00.000Z';
export const due = '2026-03-05T09:00:00.000Z';
export const nextMonday = '2026-03-09T09:00:00.000Z';

export const sent: ReferralSent = {
  type: 'ReferralSent',
  data: {
    referralId: '01920000-0000-7000-8000-00000000e001',
    caseId: '01920000-0000-7000-8000-00000000a111',
    consentId: '01920000-0000-7000-8000-00000000c002',
    sector: 'health',
    service: 'primary-care',
    sender: 'entraide-nationale',
    receiver: 'sante',
    urgency: 'urgent',
    answerDueAt: due,
    at: monday,
  },
  personal: { texts: { reason: 'Sixth month, no check-up so far.' } },
};

const at = { at: monday };
const acknowledged: ReferralEvent = { type: 'ReferralAcknowledged', data: at };
const accepted: ReferralEvent = { type: 'ReferralAccepted', data: at };
const started: ReferralEvent = { type: 'ServiceStarted', data: at };
const completed: ReferralEvent = { type: 'ServiceCompleted', data: { ...at, outcome: 'served' } };
export const overdue: ReferralEvent = { type: 'ReferralOverdue', data: { ...at, dueAt: due } };
export const scheduled: ReferralEvent = { type: 'AppointmentScheduled', data: { ...at, appointmentAt: nextMonday } };
export const cancellationRequested: ReferralEvent = {
  type: 'CancellationRequested',
  data: { ...at, supervisorMayCancelFrom: nextMonday },
};

/** One way into every status, the plainest. */
export const wayTo: Readonly<Record<ReferralStatus, readonly ReferralEvent[]>> = {
  sent: [sent],
  acknowledged: [sent, acknowledged],
  'information-requested': [
    sent,
    { type: 'InformationRequested', data: { ...at, about: 'need', remaining: 3_600_000 } },
  ],
  accepted: [sent, accepted],
  scheduled: [sent, accepted, scheduled],
  'in-service': [sent, accepted, started],
  'on-hold': [sent, accepted, started, { type: 'ServicePutOnHold', data: at }],
  'cancellation-requested': [sent, accepted, cancellationRequested],
  suspended: [sent, accepted, { type: 'ReferralSuspended', data: { ...at, cause: 'withdrawn' } }],
  declined: [sent, { type: 'ReferralDeclined', data: { ...at, reason: 'no-capacity' } }],
  completed: [sent, accepted, started, completed],
  failed: [sent, accepted, { type: 'ServiceFailed', data: { ...at, reason: 'not-found' } }],
  cancelled: [sent, { type: 'ReferralCancelled', data: at }],
  closed: [sent, accepted, started, completed, { type: 'ReferralReviewed', data: { ...at, satisfied: true } }],
  redirected: [
    sent,
    { type: 'ReferralDeclined', data: { ...at, reason: 'no-capacity' } },
    { type: 'ReferralRedirected', data: { ...at, followedBy: '01920000-0000-7000-8000-00000000e002' } },
  ],
  'entered-in-error': [sent, { type: 'ReferralEnteredInError', data: at }],
};
