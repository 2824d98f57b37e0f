import type { Personal } from '@ihala/decider';
import type { EscalationLevel, ReferralSent, SuspensionCause } from './events.js';
import type { Mover, ReferralAction } from './protocol.js';

interface Made<Action extends ReferralAction> {
  readonly action: Action;
  /** the instant of the move */
  readonly at: string;
  /** what its maker may be to the referral */
  readonly by: Mover;
  /** words and findings, for the seal */
  readonly personal?: Personal;
}
type Plain = Exclude<
  ReferralAction,
  | 'assignment'
  | 'information-request'
  | 'information'
  | 'refusal'
  | 'appointment'
  | 'attendance'
  | 'steps'
  | 'hold'
  | 'cancellation-request'
  | 'completion'
  | 'failure'
  | 'review'
  | 'redirection'
  | 'suggestion'
  | 'sharing-stop'
>;

/** A move of the protocol, as somebody makes it. */
export type MoveCommand =
  | { [Action in Plain]: Made<Action> }[Plain]
  | (Made<'assignment'> & { readonly assignee: string; readonly unit?: string })
  /** `remaining`: milliseconds left on the answer clock; absent where a question does not stop it */
  | (Made<'information-request'> & { readonly about: string; readonly remaining?: number })
  /** `answerDueAt`: when the clock that now runs again will be over; absent where it never stopped */
  | (Made<'information'> & { readonly answerDueAt?: string })
  | (Made<'refusal' | 'failure'> & { readonly reason: string })
  | (Made<'appointment'> & { readonly appointmentAt: string })
  | (Made<'attendance'> & { readonly outcome: 'attended' | 'no-show' | 'cancelled-by-person' | 'cancelled-by-service' })
  | (Made<'steps'> & { readonly step: string; readonly fields: Readonly<Record<string, string | number | boolean>> })
  /** `supervisorMayCancelFrom`: when the receiver has been silent for long enough */
  | (Made<'cancellation-request'> & { readonly supervisorMayCancelFrom: string })
  | (Made<'hold'> & { readonly until?: string })
  | (Made<'completion'> & { readonly outcome: string })
  | (Made<'review'> & { readonly satisfied: boolean; readonly personInformed?: boolean })
  | (Made<'redirection'> & { readonly followedBy: string })
  | (Made<'suggestion'> & { readonly sector: string })
  | (Made<'sharing-stop'> & { readonly ownRecordKept?: boolean });

/** What reactions and clocks ask for; with nothing left to do they decide no events. */
export type FollowUpCommand =
  | { readonly action: 'suspend'; readonly at: string; readonly cause: SuspensionCause }
  | { readonly action: 'mark-overdue'; readonly at: string; readonly dueAt: string }
  | { readonly action: 'escalate'; readonly at: string; readonly to: EscalationLevel }
  | { readonly action: 'change-sender'; readonly at: string; readonly sender: string; readonly senderUnit?: string };

export type SendCommand = {
  readonly action: 'send';
  readonly sent: ReferralSent['data'];
  readonly personal: Personal;
};

export type ReferralCommand = SendCommand | MoveCommand | FollowUpCommand;
