import { type Decider, type Decision, type Personal, type Refusal, refuse } from '@ihala/decider';
import type { FollowUpCommand, MoveCommand, ReferralCommand } from './commands.js';
import { type EscalationLevel, escalationLevels, type ReferralEvent } from './events.js';
import {
  type Condition,
  isOpen,
  isUnanswered,
  type Move,
  type Mover,
  moversOf,
  protocol,
  type ReferralAction,
  referralActions,
} from './protocol.js';
import { evolve, initialState, type ReferralState, type SentReferral } from './state.js';

/** What the service's catalogue says, as far as the protocol asks. */
export interface ServiceRules {
  readonly steps: Readonly<Record<string, { readonly repeatable: boolean }>>;
  /** outcomes that say something was done, and the step by which it was */
  readonly outcomeNeeds?: Readonly<Record<string, { readonly step: string; readonly code: string }>>;
  /** never depends on legal status or papers */
  readonly papersNeverRequired: boolean;
  /** the sector's own needs, asked after the protocol's */
  readonly check?: (command: MoveCommand, state: SentReferral) => Refusal | undefined;
}

export function decide(command: ReferralCommand, state: ReferralState, rules?: ServiceRules): Decision<ReferralEvent> {
  if (command.action === 'send') {
    const { sent: data, personal } = command;
    return state.status === 'none' ? [{ type: 'ReferralSent', data, personal }] : refuse('referral.already-sent');
  }
  if (state.status === 'none') return refuse('referral.not-found');
  switch (command.action) {
    case 'suspend':
    case 'mark-overdue':
    case 'escalate':
    case 'change-sender':
      return followUp(command, state);
    default:
      return refusal(command, state, rules) ?? made(command, state);
  }
}

export const referral: Decider<ReferralState, ReferralCommand, ReferralEvent> = { initialState, decide, evolve };

/** What this caller may do now: exactly what `decide` would not refuse it by the protocol. */
export const allowedActions = (state: ReferralState, by: Mover, at: string): readonly ReferralAction[] =>
  state.status === 'none' ? [] : referralActions.filter((action) => !notNow(action, state, by, at));

function refusal(command: MoveCommand, state: SentReferral, rules: ServiceRules | undefined): Refusal | undefined {
  return (
    notNow(command.action, state, command.by, command.at) ??
    (rules && (serviceRefusal(command, state, rules) ?? rules.check?.(command, state)))
  );
}

/** The table, read for one caller at one moment: first whether the move is theirs at all, then whether it is its time. */
function notNow(action: ReferralAction, state: SentReferral, by: Mover, at: string): Refusal | undefined {
  if (!moversOf(action).some((mover) => by.includes(mover))) return refuse('access.forbidden');
  const rows: readonly Move[] = protocol[action];
  const fromHere = rows.filter((row) => row.from.includes(state.status) && row.by.some((mover) => by.includes(mover)));
  if (fromHere.some((row) => row.when === undefined || holds(row.when, state, at))) return undefined;
  if (fromHere.some((row) => row.when === 'silence-over')) return refuse('referral.too-early');
  // Whether or not the withdrawal has arrived here yet, who would accept is told the same.
  if (action === 'acceptance' && state.status === 'suspended') return refuse('consent.missing', { missing: [] });
  return refuse('referral.illegal-transition', {
    currentStatus: state.status,
    get allowedActions() {
      return allowedActions(state, by, at);
    },
  });
}

function holds(condition: Condition, state: SentReferral, at: string): boolean {
  switch (condition) {
    case 'service-begun':
      return state.serviceBegun;
    case 'appointment-open':
      return state.appointmentAt !== undefined;
    case 'overdue':
      return state.overdue;
    case 'silence-over':
      return state.status === 'cancellation-requested' && at >= state.supervisorMayCancelFrom;
    default:
      return condition satisfies never;
  }
}

function serviceRefusal(command: MoveCommand, state: SentReferral, rules: ServiceRules): Refusal | undefined {
  if (command.action === 'information-request' && command.about === 'documents' && rules.papersNeverRequired) {
    return refuse('referral.papers-not-required');
  }
  if (command.action === 'completion') {
    const need = rules.outcomeNeeds?.[command.outcome];
    return need && !taken(state, need.step) ? refuse(need.code) : undefined;
  }
  if (command.action !== 'steps') return undefined;
  const step = Object.hasOwn(rules.steps, command.step) ? rules.steps[command.step] : undefined;
  if (!step) return refuse('service.step-unknown');
  return !step.repeatable && taken(state, command.step) ? refuse('service.step-repeated') : undefined;
}

const taken = (state: SentReferral, name: string): boolean => state.steps.some(({ step }) => step === name);

const personalOf = ({ personal }: { readonly personal?: Personal }) => (personal === undefined ? {} : { personal });

/** A legal move, as events. */
function made(command: MoveCommand, state: SentReferral): readonly ReferralEvent[] {
  const { at } = command;
  const personal = personalOf(command);
  switch (command.action) {
    case 'acknowledgement':
      return [{ type: 'ReferralAcknowledged', data: { at } }];
    case 'assignment': {
      const { assignee, unit } = command;
      return [{ type: 'ReferralAssigned', data: { at, assignee, ...(unit && { unit }) } }];
    }
    case 'information-request': {
      const { about, remaining } = command;
      // No question stops the clock of an emergency.
      const stopped = remaining !== undefined && state.urgency !== 'emergency';
      const data = { at, about, ...(stopped && { remaining }) };
      return [{ type: 'InformationRequested', data, ...personal }];
    }
    case 'information': {
      const { answerDueAt } = command;
      const stopped = state.status === 'information-requested' && state.remaining !== undefined;
      if (stopped && answerDueAt === undefined) throw new Error('a stopped clock needs a new due instant');
      return [{ type: 'InformationGiven', data: { at, ...(answerDueAt && { answerDueAt }) }, ...personal }];
    }
    case 'acceptance':
      return [{ type: 'ReferralAccepted', data: { at }, ...personal }];
    case 'refusal':
      return [{ type: 'ReferralDeclined', data: { at, reason: command.reason }, ...personal }];
    case 'appointment':
      return [{ type: 'AppointmentScheduled', data: { at, appointmentAt: command.appointmentAt }, ...personal }];
    case 'attendance':
      return [attendance(command.outcome, at)];
    case 'start':
      return [{ type: 'ServiceStarted', data: { at } }];
    case 'steps':
      return [{ type: 'StepRecorded', data: { at, step: command.step, fields: command.fields }, ...personal }];
    case 'hold':
      return [{ type: 'ServicePutOnHold', data: { at, ...(command.until && { until: command.until }) }, ...personal }];
    case 'resumption':
      return [{ type: 'ServiceResumed', data: { at } }];
    case 'completion':
      return [{ type: 'ServiceCompleted', data: { at, outcome: command.outcome }, ...personal }];
    case 'failure':
      return [{ type: 'ServiceFailed', data: { at, reason: command.reason }, ...personal }];
    case 'cancellation-request': {
      if (state.status === 'sent') return [{ type: 'ReferralCancelled', data: { at }, ...personal }];
      const { supervisorMayCancelFrom } = command;
      return [{ type: 'CancellationRequested', data: { at, supervisorMayCancelFrom }, ...personal }];
    }
    case 'cancellation':
      return [{ type: 'ReferralCancelled', data: { at }, ...personal }];
    case 'review': {
      const { satisfied, personInformed } = command;
      const data = { at, satisfied, ...(personInformed === undefined ? {} : { personInformed }) };
      return [{ type: 'ReferralReviewed', data, ...personal }];
    }
    case 'redirection':
      return [{ type: 'ReferralRedirected', data: { at, followedBy: command.followedBy }, ...personal }];
    case 'suggestion':
      return [{ type: 'NextServiceSuggested', data: { at, sector: command.sector }, ...personal }];
    case 'reopening':
      return [{ type: 'ReferralReopened', data: { at }, ...personal }];
    case 'consent-withdrawal':
      return [
        { type: 'ConsentWithdrawalReported', data: { at }, ...personal },
        { type: 'ReferralSuspended', data: { at, cause: 'reported' } },
      ];
    case 'sharing-stop': {
      const { ownRecordKept } = command;
      const data = { at, ...(ownRecordKept === undefined ? {} : { ownRecordKept }) };
      return [{ type: 'SharingStopped', data, ...personal }];
    }
    case 'error':
      return [{ type: 'ReferralEnteredInError', data: { at }, ...personal }];
    default:
      return command satisfies never;
  }
}

function attendance(
  outcome: 'attended' | 'no-show' | 'cancelled-by-person' | 'cancelled-by-service',
  at: string,
): ReferralEvent {
  switch (outcome) {
    case 'attended':
      return { type: 'AppointmentAttended', data: { at } };
    case 'no-show':
      return { type: 'AppointmentMissed', data: { at } };
    case 'cancelled-by-person':
      return { type: 'AppointmentCancelled', data: { at, cancelledBy: 'person' } };
    case 'cancelled-by-service':
      return { type: 'AppointmentCancelled', data: { at, cancelledBy: 'service' } };
    default:
      return outcome satisfies never;
  }
}

const isHigher = (to: EscalationLevel, than: EscalationLevel | undefined): boolean =>
  than === undefined || escalationLevels.indexOf(to) > escalationLevels.indexOf(than);

function followUp(command: FollowUpCommand, state: SentReferral): readonly ReferralEvent[] {
  const { at } = command;
  switch (command.action) {
    case 'suspend':
      if (!isOpen(state.status) || state.status === 'suspended') return [];
      return [{ type: 'ReferralSuspended', data: { at, cause: command.cause } }];
    case 'mark-overdue':
      // A clock that fires early, or for an instant that was moved since, marks nothing.
      if (!isUnanswered(state.status) || state.overdue || state.answerDueAt !== command.dueAt || at < command.dueAt) {
        return [];
      }
      return [{ type: 'ReferralOverdue', data: { at, dueAt: command.dueAt } }];
    case 'escalate':
      if (!isUnanswered(state.status) || !state.overdue || !isHigher(command.to, state.escalatedTo)) return [];
      return [{ type: 'ReferralEscalated', data: { at, to: command.to } }];
    case 'change-sender': {
      const { sender, senderUnit } = command;
      if (!isOpen(state.status) || state.sender === sender) return [];
      return [{ type: 'SenderChanged', data: { at, sender, ...(senderUnit && { senderUnit }) } }];
    }
    default:
      return command satisfies never;
  }
}
