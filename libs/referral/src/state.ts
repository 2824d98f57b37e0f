import type { EscalationLevel, ReferralEvent, ReferralSent, SuspensionCause } from './events.js';
import type { ReferralStatus } from './protocol.js';

/** What is known of every referral, whatever became of it. */
interface Facts extends Omit<ReferralSent['data'], 'at' | 'answerDueAt' | 'calendar' | 'timeZoneData'> {
  readonly assignee?: string;
  readonly sentAt: string;
  /** when an answer is due, while one is; absent while a question stops the clock, and once answered */
  readonly answerDueAt?: string;
  readonly answeredAt?: string;
  /** no answer came in time, and none has come since */
  readonly overdue: boolean;
  readonly escalatedTo?: EscalationLevel;
  /** a visit or a step has taken place, so that completing it stays possible after a cancellation request */
  readonly serviceBegun: boolean;
  /** the one that is open */
  readonly appointmentAt?: string;
  readonly steps: readonly { readonly step: string; readonly at: string }[];
  readonly suggestions: readonly { readonly sector: string; readonly at: string }[];
  readonly version: number;
}

type Reviewable =
  | { readonly status: 'completed'; readonly outcome: string }
  | { readonly status: 'declined'; readonly refusalReason: string }
  | { readonly status: 'failed'; readonly failureReason: string }
  | { readonly status: 'cancelled' };

/** One member a status: what can't exist can't be written down. */
export type SentReferral = Facts &
  (
    | { readonly status: 'sent' | 'acknowledged' | 'accepted' | 'scheduled' | 'in-service' }
    | { readonly status: 'information-requested'; readonly remaining?: number }
    | { readonly status: 'on-hold'; readonly until?: string }
    | { readonly status: 'cancellation-requested'; readonly supervisorMayCancelFrom: string }
    | { readonly status: 'suspended'; readonly cause: SuspensionCause }
    | Reviewable
    | { readonly status: 'closed'; readonly closedFrom: Reviewable }
    | { readonly status: 'redirected'; readonly followedBy: string }
    | { readonly status: 'entered-in-error' }
  );
export type ReferralState = { readonly status: 'none' } | SentReferral;

export const initialState: ReferralState = { status: 'none' };

/** What belongs to one status only, taken off before the next one. */
const particulars: ReadonlySet<string> = new Set([
  'remaining',
  'until',
  'supervisorMayCancelFrom',
  'cause',
  'outcome',
  'refusalReason',
  'failureReason',
  'closedFrom',
  'followedBy',
]);
type Particular = { readonly status: ReferralStatus } & Record<string, unknown>;

function moved(state: SentReferral, next: Particular, facts: Partial<Facts> = {}): SentReferral {
  const before: Record<string, unknown> = { ...state, ...facts };
  const kept: Record<string, unknown> = {};
  // a loop: this runs for every event of every fold
  for (const name in before) if (before[name] !== undefined && !particulars.has(name)) kept[name] = before[name];
  return Object.assign(kept, next) as unknown as SentReferral;
}

/** No answer is wanted any more: the clock is over. */
const clockOver: Partial<Facts> = { answerDueAt: undefined, overdue: false };
/** An answer that counts was given. */
const answered = (at: string): Partial<Facts> => ({ ...clockOver, answeredAt: at });

const sent = ({ data: { at, calendar: _calendar, timeZoneData: _zone, ...facts } }: ReferralSent): SentReferral => ({
  ...facts,
  status: 'sent',
  sentAt: at,
  overdue: false,
  serviceBegun: false,
  steps: [],
  suggestions: [],
  version: 1,
});

/** Folds one event. @throws Error on an event it does not know, or on a referral that was never sent */
export function evolve(before: ReferralState, event: ReferralEvent): ReferralState {
  if (event.type === 'ReferralSent') {
    if (before.status !== 'none') throw new Error('a referral is sent once');
    return sent(event);
  }
  if (before.status === 'none') throw new Error(`${event.type} on a referral that was never sent`);
  const state = { ...before, version: before.version + 1 };
  const { at } = event.data;
  switch (event.type) {
    case 'ReferralAcknowledged':
      return moved(state, { status: 'acknowledged' });
    case 'ReferralAssigned':
      return {
        ...state,
        assignee: event.data.assignee,
        ...(event.data.unit === undefined ? {} : { receiverUnit: event.data.unit }),
      };
    case 'InformationRequested': {
      const { remaining } = event.data;
      if (remaining === undefined) return moved(state, { status: 'information-requested' });
      return moved(state, { status: 'information-requested', remaining }, { answerDueAt: undefined });
    }
    case 'InformationGiven':
      return moved(state, { status: 'acknowledged' }, { answerDueAt: event.data.answerDueAt ?? state.answerDueAt });
    case 'ReferralAccepted':
      return moved(state, { status: 'accepted' }, answered(at));
    case 'ReferralDeclined':
      return moved(state, { status: 'declined', refusalReason: event.data.reason }, answered(at));
    case 'AppointmentScheduled':
      return moved(state, inService(state, 'scheduled'), { appointmentAt: event.data.appointmentAt });
    case 'AppointmentAttended':
      return moved(state, { status: 'in-service' }, { appointmentAt: undefined, serviceBegun: true });
    case 'AppointmentMissed':
    case 'AppointmentCancelled':
      return moved(state, inService(state, 'accepted'), { appointmentAt: undefined });
    case 'ServiceStarted':
      return moved(state, { status: 'in-service' }, { serviceBegun: true });
    case 'StepRecorded':
      return moved(
        state,
        { status: 'in-service' },
        { serviceBegun: true, steps: [...state.steps, { step: event.data.step, at }] },
      );
    case 'ServicePutOnHold':
      return moved(state, { status: 'on-hold', ...(event.data.until && { until: event.data.until }) });
    case 'ServiceResumed':
      return moved(state, { status: 'in-service' });
    case 'ServiceCompleted':
      return moved(state, { status: 'completed', outcome: event.data.outcome }, { appointmentAt: undefined });
    case 'ServiceFailed':
      return moved(state, { status: 'failed', failureReason: event.data.reason }, { appointmentAt: undefined });
    case 'NextServiceSuggested':
      return { ...state, suggestions: [...state.suggestions, { sector: event.data.sector, at }] };
    case 'CancellationRequested':
      return moved(
        state,
        { status: 'cancellation-requested', supervisorMayCancelFrom: event.data.supervisorMayCancelFrom },
        clockOver,
      );
    case 'ReferralCancelled':
    case 'SharingStopped':
      return moved(state, { status: 'cancelled' }, { ...clockOver, appointmentAt: undefined });
    case 'ConsentWithdrawalReported':
      return state;
    case 'ReferralSuspended':
      return moved(state, { status: 'suspended', cause: event.data.cause }, { ...clockOver, appointmentAt: undefined });
    case 'ReferralOverdue':
      return { ...state, overdue: true };
    case 'ReferralEscalated':
      return { ...state, escalatedTo: event.data.to };
    case 'SenderChanged': {
      const { senderUnit: _unit, ...rest } = state;
      const { sender, senderUnit } = event.data;
      return { ...rest, sender, ...(senderUnit === undefined ? {} : { senderUnit }) };
    }
    case 'ReferralReviewed':
      return moved(state, { status: 'closed', closedFrom: reviewable(state) });
    case 'ReferralReopened':
      if (state.status !== 'closed') throw new Error('reopened, but not closed');
      return moved(state, { ...state.closedFrom });
    case 'ReferralRedirected':
      return moved(state, { status: 'redirected', followedBy: event.data.followedBy }, clockOver);
    case 'ReferralEnteredInError':
      return moved(state, { status: 'entered-in-error' }, { ...clockOver, appointmentAt: undefined });
    default:
      throw new Error(`unknown event ${(event satisfies never as ReferralEvent).type}`);
  }
}

/** Once in service, appointments come and go without changing where the referral stands. */
const inService = (state: SentReferral, otherwise: ReferralStatus): Particular => ({
  status: state.status === 'in-service' ? 'in-service' : otherwise,
});

function reviewable(state: SentReferral): Reviewable {
  switch (state.status) {
    case 'completed':
      return { status: state.status, outcome: state.outcome };
    case 'declined':
      return { status: state.status, refusalReason: state.refusalReason };
    case 'failed':
      return { status: state.status, failureReason: state.failureReason };
    case 'cancelled':
      return { status: state.status };
    default:
      throw new Error(`reviewed while ${state.status}`);
  }
}
