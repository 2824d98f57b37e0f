import { z } from 'zod';
import { clear, codeName, text } from './fields.js';
import { event } from './event-schema.js';

const at = clear.instant();
const words = (shape: z.ZodRawShape) => ({ texts: z.strictObject(shape) });
const note = words({ note: text(2000).optional() });
const reason = words({ reason: text(2000).optional() });
/** A sector's findings: fields of a step, sealed under the class that its catalogue names. */
const findings = z.looseObject({});

/** What every sector publishes about its referrals: `data` in the clear, words and findings sealed. */
export const referralEvents = {
  ReferralSent: event(
    1,
    {
      referralId: clear.id(),
      caseId: clear.id(),
      consentId: clear.id(),
      consentExpiresAt: clear.instant().optional(),
      sector: clear.openCode(),
      service: clear.openCode(),
      sender: clear.agency(),
      senderUnit: clear.unit().optional(),
      receiver: clear.agency(),
      receiverUnit: clear.unit().optional(),
      urgency: clear.code(['emergency', 'urgent', 'routine']),
      answerDueAt: clear.instant(),
      calendar: clear.version().optional(),
      timeZoneData: clear.version().optional(),
      follows: clear.id().optional(),
      at,
    },
    words({ reason: text(2000).optional(), note: text(2000).optional(), service: codeName.optional() }),
  ),
  ReferralAcknowledged: event(1, { at }),
  ReferralAssigned: event(1, { assignee: clear.staff(), unit: clear.unit().optional(), at }),
  InformationRequested: event(
    1,
    { about: clear.code(['person', 'need', 'place', 'documents', 'other']), remaining: clear.count().optional(), at },
    words({ question: text(2000) }),
  ),
  InformationGiven: event(1, { answerDueAt: clear.instant().optional(), at }, words({ answer: text(5000) })),
  ReferralAccepted: event(1, { at }, note),
  ReferralDeclined: event(1, { reason: clear.openCode(), at }, note),
  AppointmentScheduled: event(
    1,
    { appointmentAt: clear.instant(), at },
    words({ place: text(300), note: text(2000).optional() }),
  ),
  AppointmentAttended: event(1, { at }),
  AppointmentMissed: event(1, { at }),
  AppointmentCancelled: event(1, { cancelledBy: clear.code(['person', 'service']), at }),
  ServiceStarted: event(1, { at }),
  StepRecorded: event(
    1,
    {
      step: clear.openCode(),
      fields: z.record(
        codeNameOfField(),
        z.union([clear.instant(), clear.date(), clear.openCode(), clear.flag(), clear.count()]),
      ),
      at,
    },
    {
      texts: findings,
      identity: findings,
      contact: findings,
      status: findings,
      family: findings,
      protection: findings,
      violence: findings,
      health: findings,
      education: findings,
      employment: findings,
    },
  ),
  ServicePutOnHold: event(1, { until: clear.instant().optional(), at }, reason),
  ServiceResumed: event(1, { at }),
  ServiceCompleted: event(1, { outcome: clear.openCode(), at }, note),
  ServiceFailed: event(1, { reason: clear.openCode(), at }, note),
  NextServiceSuggested: event(
    1,
    { sector: clear.openCode(), at },
    words({ service: codeName, note: text(2000).optional() }),
  ),
  CancellationRequested: event(1, { supervisorMayCancelFrom: clear.instant(), at }, reason),
  ReferralCancelled: event(1, { at }, reason),
  ConsentWithdrawalReported: event(1, { at }, reason),
  ReferralSuspended: event(1, { cause: clear.code(['withdrawn', 'expired', 'reported']), at }),
  SharingStopped: event(1, { ownRecordKept: clear.flag().optional(), at }, words({ ground: text(500).optional() })),
  ReferralOverdue: event(1, { dueAt: clear.instant(), at }),
  ReferralEscalated: event(1, { to: clear.code(['unit', 'receiver-supervisor', 'sender-supervisor']), at }),
  SenderChanged: event(1, { sender: clear.agency(), senderUnit: clear.unit().optional(), at }),
  ReferralReviewed: event(1, { satisfied: clear.flag(), personInformed: clear.flag().optional(), at }, note),
  ReferralRedirected: event(1, { followedBy: clear.id(), at }, reason),
  ReferralReopened: event(1, { at }, reason),
  ReferralEnteredInError: event(1, { at }, reason),
};

function codeNameOfField() {
  return z.string().regex(/^[a-z][A-Za-z0-9]{0,39}$/);
}
