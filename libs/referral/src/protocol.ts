/** Every status of a referral. `none`: not sent yet. */
export const referralStatuses = [
  'sent',
  'acknowledged',
  'information-requested',
  'accepted',
  'scheduled',
  'in-service',
  'on-hold',
  'cancellation-requested',
  'suspended',
  'declined',
  'completed',
  'failed',
  'cancelled',
  'closed',
  'redirected',
  'entered-in-error',
] as const;
export type ReferralStatus = (typeof referralStatuses)[number];

/** Work that keeps a case from being closed. */
export const openStatuses = [
  'sent',
  'acknowledged',
  'information-requested',
  'accepted',
  'scheduled',
  'in-service',
  'on-hold',
  'cancellation-requested',
  'suspended',
] as const satisfies readonly ReferralStatus[];
export type OpenStatus = (typeof openStatuses)[number];
export const isOpen = (status: ReferralStatus): status is OpenStatus =>
  (openStatuses as readonly ReferralStatus[]).includes(status);

/** Nobody has said yes or no yet: the time in which these statuses are is the answer time. */
export const unansweredStatuses = ['sent', 'acknowledged', 'information-requested'] as const;
export const isUnanswered = (status: ReferralStatus): boolean =>
  (unansweredStatuses as readonly ReferralStatus[]).includes(status);

/** Who makes a move: one side's people, or only its supervisors. An agency that refers to itself is both sides. */
export type MoveBy = 'sender' | 'receiver' | 'sender-supervisor' | 'receiver-supervisor';
/** Everything that one caller may be to a referral. */
export type Mover = readonly MoveBy[];

/** Facts beside the status on which a move may depend. */
export type Condition =
  /** a visit or a step has taken place */
  | 'service-begun'
  /** somebody waits for the person at a fixed time */
  | 'appointment-open'
  /** the answer is late */
  | 'overdue'
  /** seven days have passed since cancellation was asked for: silence never locks a person in */
  | 'silence-over';

export interface Move {
  readonly by: readonly MoveBy[];
  readonly from: readonly ReferralStatus[];
  readonly when?: Condition;
}

const working = ['accepted', 'scheduled', 'in-service'] as const;
const openButSuspended = openStatuses.filter((status) => status !== 'suspended');
const supervisors = ['sender-supervisor', 'receiver-supervisor'] as const;

/**
 * The protocol: who may make which move from where. Each action has one or more rows, and is legal when one of them
 * fits. Where a move leads to is said once, in `evolve`.
 */
export const protocol = {
  acknowledgement: [{ by: ['receiver'], from: ['sent'] }],
  assignment: [{ by: ['receiver'], from: openButSuspended }],
  'information-request': [{ by: ['receiver'], from: ['sent', 'acknowledged'] }],
  information: [{ by: ['sender'], from: ['information-requested'] }],
  acceptance: [{ by: ['receiver'], from: ['sent', 'acknowledged'] }],
  refusal: [{ by: ['receiver'], from: unansweredStatuses }],
  appointment: [{ by: ['receiver'], from: working }],
  attendance: [
    { by: ['receiver'], from: ['scheduled'] },
    { by: ['receiver'], from: ['in-service'], when: 'appointment-open' },
  ],
  start: [{ by: ['receiver'], from: ['accepted', 'scheduled'] }],
  steps: [{ by: ['receiver'], from: working }],
  hold: [{ by: ['receiver'], from: ['in-service'] }],
  resumption: [{ by: ['receiver'], from: ['on-hold'] }],
  completion: [
    { by: ['receiver'], from: ['in-service'] },
    { by: ['receiver'], from: ['cancellation-requested'], when: 'service-begun' },
  ],
  failure: [{ by: ['receiver'], from: [...working, 'on-hold'] }],
  'cancellation-request': [
    { by: ['sender'], from: openButSuspended.filter((status) => status !== 'cancellation-requested') },
  ],
  cancellation: [
    { by: ['receiver'], from: ['cancellation-requested'] },
    { by: ['sender-supervisor'], from: ['cancellation-requested'], when: 'silence-over' },
  ],
  review: [{ by: ['sender'], from: ['completed', 'failed', 'declined', 'cancelled'] }],
  redirection: [
    { by: ['sender'], from: ['declined', 'failed'] },
    { by: ['sender'], from: unansweredStatuses, when: 'overdue' },
  ],
  suggestion: [{ by: ['receiver'], from: [...openButSuspended, 'completed', 'declined'] }],
  reopening: [{ by: ['sender'], from: ['closed'] }],
  'consent-withdrawal': [{ by: ['receiver'], from: openButSuspended }],
  'sharing-stop': [{ by: ['receiver'], from: ['suspended'] }],
  error: [
    { by: supervisors, from: referralStatuses.filter((status) => !['suspended', 'entered-in-error'].includes(status)) },
  ],
} as const satisfies Record<string, readonly Move[]>;

export type ReferralAction = keyof typeof protocol;
export const referralActions = Object.keys(protocol) as readonly ReferralAction[];

/** Everyone who may ever make this move. */
export const moversOf = (action: ReferralAction): readonly MoveBy[] => [
  ...new Set((protocol[action] as readonly Move[]).flatMap((move) => move.by)),
];
