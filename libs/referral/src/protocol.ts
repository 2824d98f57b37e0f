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

/** Where a move leads: a status, the one it had, or the one it was closed from. */
export type Target = ReferralStatus | 'same' | 'as-before-closing';

export interface Move {
  readonly by: readonly MoveBy[];
  readonly from: readonly ReferralStatus[];
  readonly to: Target;
  readonly when?: Condition;
}

const working = ['accepted', 'scheduled', 'in-service'] as const;
const openButSuspended = openStatuses.filter((status) => status !== 'suspended');
const supervisors = ['sender-supervisor', 'receiver-supervisor'] as const;

/**
 * The protocol: who may make which move, from where to where. Each action has one or more rows, and is legal when one
 * of them fits.
 */
export const protocol = {
  acknowledgement: [{ by: ['receiver'], from: ['sent'], to: 'acknowledged' }],
  assignment: [{ by: ['receiver'], from: openButSuspended, to: 'same' }],
  'information-request': [{ by: ['receiver'], from: ['sent', 'acknowledged'], to: 'information-requested' }],
  information: [{ by: ['sender'], from: ['information-requested'], to: 'acknowledged' }],
  acceptance: [{ by: ['receiver'], from: ['sent', 'acknowledged'], to: 'accepted' }],
  refusal: [{ by: ['receiver'], from: unansweredStatuses, to: 'declined' }],
  appointment: [
    { by: ['receiver'], from: ['accepted', 'scheduled'], to: 'scheduled' },
    { by: ['receiver'], from: ['in-service'], to: 'same' },
  ],
  // Who did not come is where they were before the appointment: accepted.
  attendance: [
    { by: ['receiver'], from: ['scheduled'], to: 'in-service' },
    { by: ['receiver'], from: ['in-service'], when: 'appointment-open', to: 'same' },
  ],
  start: [{ by: ['receiver'], from: ['accepted', 'scheduled'], to: 'in-service' }],
  steps: [{ by: ['receiver'], from: working, to: 'in-service' }],
  hold: [{ by: ['receiver'], from: ['in-service'], to: 'on-hold' }],
  resumption: [{ by: ['receiver'], from: ['on-hold'], to: 'in-service' }],
  // The legal race: what was done before a cancellation was heard of was done.
  completion: [
    { by: ['receiver'], from: ['in-service'], to: 'completed' },
    { by: ['receiver'], from: ['cancellation-requested'], when: 'service-begun', to: 'completed' },
  ],
  failure: [{ by: ['receiver'], from: [...working, 'on-hold'], to: 'failed' }],
  'cancellation-request': [
    { by: ['sender'], from: ['sent'], to: 'cancelled' },
    {
      by: ['sender'],
      from: ['acknowledged', 'information-requested', ...working, 'on-hold'],
      to: 'cancellation-requested',
    },
  ],
  cancellation: [
    { by: ['receiver'], from: ['cancellation-requested'], to: 'cancelled' },
    { by: ['sender-supervisor'], from: ['cancellation-requested'], when: 'silence-over', to: 'cancelled' },
  ],
  review: [{ by: ['sender'], from: ['completed', 'failed', 'declined', 'cancelled'], to: 'closed' }],
  redirection: [
    { by: ['sender'], from: ['declined', 'failed'], to: 'redirected' },
    { by: ['sender'], from: unansweredStatuses, when: 'overdue', to: 'redirected' },
  ],
  suggestion: [{ by: ['receiver'], from: [...openButSuspended, 'completed', 'declined'], to: 'same' }],
  reopening: [{ by: ['sender'], from: ['closed'], to: 'as-before-closing' }],
  'consent-withdrawal': [{ by: ['receiver'], from: openButSuspended, to: 'suspended' }],
  'sharing-stop': [{ by: ['receiver'], from: ['suspended'], to: 'cancelled' }],
  error: [
    {
      by: supervisors,
      from: referralStatuses.filter((status) => !['suspended', 'entered-in-error'].includes(status)),
      to: 'entered-in-error',
    },
  ],
} as const satisfies Record<string, readonly Move[]>;

export type ReferralAction = keyof typeof protocol;
export const referralActions = Object.keys(protocol) as readonly ReferralAction[];

/** Everyone who may ever make this move. */
export const moversOf = (action: ReferralAction): readonly MoveBy[] => [
  ...new Set((protocol[action] as readonly Move[]).flatMap((move) => move.by)),
];

/** The action in words, for the documentation of the API. */
export const describeMove = (action: ReferralAction): string =>
  (protocol[action] as readonly Move[])
    .map(({ by, from, when, to }) => `${by.join(' or ')}: from ${from.join(', ')}${when ? ` (${when})` : ''} to ${to}`)
    .join('; ');
