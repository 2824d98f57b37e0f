/** The contract's table of moves, written down a second time so that the product can be held against it. */

export interface Row {
  readonly by: readonly Side[];
  /** status → status, as a receiver or sender finds it afterwards; `=` stays */
  readonly moves: Readonly<Record<string, string>>;
}
export type Side = 'receiver' | 'sender' | 'sender-supervisor' | 'receiver-supervisor';

/** Open, save for `suspended`: there the receiver can only answer that it stopped. */
const open = [
  'sent',
  'acknowledged',
  'information-requested',
  'accepted',
  'scheduled',
  'in-service',
  'in-service with an appointment',
  'on-hold',
  'cancellation-requested',
  'cancellation-requested after it had begun',
];
const all = [
  ...open,
  'suspended',
  'declined',
  'completed',
  'failed',
  'cancelled',
  'closed',
  'redirected',
  'entered-in-error',
];
const to = (status: string, ...from: string[]) => Object.fromEntries(from.map((name) => [name, status]));
const working = ['accepted', 'scheduled', 'in-service', 'in-service with an appointment'];
const inService = ['in-service', 'in-service with an appointment'];

export const situations = all;

export const table: Readonly<Record<string, Row>> = {
  acknowledgement: { by: ['receiver'], moves: to('acknowledged', 'sent') },
  assignment: { by: ['receiver'], moves: to('=', ...open) },
  'information-request': { by: ['receiver'], moves: to('information-requested', 'sent', 'acknowledged') },
  information: { by: ['sender'], moves: to('acknowledged', 'information-requested') },
  acceptance: { by: ['receiver'], moves: to('accepted', 'sent', 'acknowledged') },
  refusal: { by: ['receiver'], moves: to('declined', 'sent', 'acknowledged', 'information-requested') },
  appointment: {
    by: ['receiver'],
    moves: { ...to('scheduled', 'accepted', 'scheduled'), ...to('in-service', ...inService) },
  },
  attendance: { by: ['receiver'], moves: to('in-service', 'scheduled', 'in-service with an appointment') },
  start: { by: ['receiver'], moves: to('in-service', 'accepted', 'scheduled') },
  'steps/follow-up': { by: ['receiver'], moves: to('in-service', ...working) },
  hold: { by: ['receiver'], moves: to('on-hold', ...inService) },
  resumption: { by: ['receiver'], moves: to('in-service', 'on-hold') },
  completion: {
    by: ['receiver'],
    moves: to('completed', ...inService, 'cancellation-requested after it had begun'),
  },
  failure: { by: ['receiver'], moves: to('failed', ...working, 'on-hold') },
  'cancellation-request': {
    by: ['sender'],
    moves: {
      ...to('cancellation-requested', ...open.filter((status) => !status.startsWith('cancellation'))),
      sent: 'cancelled',
    },
  },
  cancellation: {
    by: ['receiver'],
    moves: to('cancelled', 'cancellation-requested', 'cancellation-requested after it had begun'),
  },
  review: { by: ['sender'], moves: to('closed', 'completed', 'failed', 'declined', 'cancelled') },
  redirection: { by: ['sender'], moves: to('sent', 'declined', 'failed') },
  suggestion: { by: ['receiver'], moves: to('=', ...open, 'completed', 'declined') },
  reopening: { by: ['sender'], moves: to('completed', 'closed') },
  error: {
    by: ['sender-supervisor', 'receiver-supervisor'],
    moves: to('entered-in-error', ...all.filter((status) => !['suspended', 'entered-in-error'].includes(status))),
  },
  'consent-withdrawal': { by: ['receiver'], moves: to('suspended', ...open) },
  'sharing-stop': { by: ['receiver'], moves: to('cancelled', 'suspended') },
};

/** A body that is good for the move wherever it is legal. */
export const goodBody: Readonly<Record<string, object>> = {
  assignment: { subject: 'l.bennis' },
  'information-request': { about: 'need', question: 'Since when?' },
  information: { answer: 'Since spring.' },
  refusal: { reason: 'no-capacity', note: 'Full until January; Berkane has room.' },
  appointment: { at: '2026-12-01T09:30:00Z', place: 'Centre de santé Al Qods' },
  attendance: { outcome: 'attended' },
  'steps/follow-up': { dueOn: '2026-12-15' },
  hold: { reason: 'Travelling.' },
  completion: { outcome: 'served' },
  failure: { reason: 'not-found' },
  'cancellation-request': { reason: 'Has moved away.' },
  review: { satisfied: true },
  suggestion: { sector: 'health', service: 'medicines' },
  reopening: { reason: 'Closed too soon.' },
  error: { reason: 'Sent for somebody else.' },
};

type Step = readonly ['sender' | 'receiver' | 'supervisor', string];
const accepted: readonly Step[] = [['receiver', 'acceptance']];
const begun: readonly Step[] = [...accepted, ['receiver', 'start']];
const completed: readonly Step[] = [...begun, ['receiver', 'completion']];
const declined: readonly Step[] = [['receiver', 'refusal']];

/** How each situation comes about. */
export const wayTo: Readonly<Record<string, readonly Step[]>> = {
  sent: [],
  acknowledged: [['receiver', 'acknowledgement']],
  'information-requested': [['receiver', 'information-request']],
  accepted,
  scheduled: [...accepted, ['receiver', 'appointment']],
  'in-service': begun,
  'in-service with an appointment': [...begun, ['receiver', 'appointment']],
  'on-hold': [...begun, ['receiver', 'hold']],
  'cancellation-requested': [...accepted, ['sender', 'cancellation-request']],
  'cancellation-requested after it had begun': [...begun, ['sender', 'cancellation-request']],
  suspended: [['receiver', 'consent-withdrawal']],
  declined,
  completed,
  failed: [...begun, ['receiver', 'failure']],
  cancelled: [['sender', 'cancellation-request']],
  closed: [...completed, ['sender', 'review']],
  redirected: [...declined, ['sender', 'redirection']],
  'entered-in-error': [['supervisor', 'error']],
};
