import type { Journey, OfferedService, StepField } from './journey.js';
import type { Reply } from './wire.js';

interface Sent {
  readonly service: OfferedService;
  readonly id: string;
  readonly sender: string;
  readonly receiver: string;
}
type Side = 'sender' | 'receiver';
type Act = (journey: Journey, referral: Sent) => readonly [side: Side, action: string, body: object];

const reason = (journey: Journey) => ({ reason: journey.words() });
const acts = {
  acknowledgement: () => ['receiver', 'acknowledgement', {}],
  assignment: ({ chance }) => ['receiver', 'assignment', { subject: `nurse.${chance.between(1, 9)}` }],
  'information-request': (journey) => [
    'receiver',
    'information-request',
    { about: journey.chance.pick(['person', 'need', 'place']), question: journey.words() },
  ],
  information: (journey) => ['sender', 'information', { answer: journey.words() }],
  acceptance: (journey) => ['receiver', 'acceptance', { note: journey.words() }],
  refusal: (journey, { service }) => [
    'receiver',
    'refusal',
    { reason: journey.chance.pick(service.refusalReasons), note: journey.words() },
  ],
  appointment: (journey) => [
    'receiver',
    'appointment',
    { at: '2027-03-01T09:00:00Z', place: journey.words(), note: journey.words() },
  ],
  attendance: ({ chance }) => [
    'receiver',
    'attendance',
    { outcome: chance.pick(['attended', 'attended', 'no-show', 'cancelled-by-person', 'cancelled-by-service']) },
  ],
  start: () => ['receiver', 'start', {}],
  step: step,
  hold: (journey) => ['receiver', 'hold', reason(journey)],
  resumption: () => ['receiver', 'resumption', {}],
  completion: (journey, { service }) => [
    'receiver',
    'completion',
    { outcome: journey.chance.pick(service.outcomes), note: journey.words() },
  ],
  failure: (journey, { service }) => [
    'receiver',
    'failure',
    { reason: journey.chance.pick(service.refusalReasons), note: journey.words() },
  ],
  suggestion: (journey, { service }) => [
    'receiver',
    'suggestion',
    { sector: service.sector, service: service.code, note: journey.words() },
  ],
  'cancellation-request': (journey) => ['sender', 'cancellation-request', reason(journey)],
  cancellation: () => ['receiver', 'cancellation', {}],
  review: (journey) => ['sender', 'review', { satisfied: journey.chance.happens(0.8), note: journey.words() }],
  reopening: (journey) => ['sender', 'reopening', reason(journey)],
  'consent-withdrawal': (journey) => ['receiver', 'consent-withdrawal', reason(journey)],
  'sharing-stop': () => ['receiver', 'sharing-stop', {}],
  error: (journey) => ['receiver', 'error', reason(journey)],
} satisfies Record<string, Act>;

/** What may be tried in which status; the wrong ones are refused, which is wanted too. */
const next: Readonly<Record<string, readonly (keyof typeof acts)[]>> = {
  sent: ['acknowledgement', 'acceptance', 'acceptance', 'refusal', 'information-request', 'cancellation-request'],
  acknowledged: ['assignment', 'acceptance', 'acceptance', 'information-request', 'cancellation-request'],
  'information-requested': ['information', 'information', 'refusal'],
  accepted: ['appointment', 'start', 'step', 'assignment', 'cancellation-request', 'failure', 'consent-withdrawal'],
  scheduled: ['attendance', 'attendance', 'appointment', 'step', 'cancellation-request'],
  'in-service': ['step', 'step', 'completion', 'completion', 'hold', 'appointment', 'cancellation-request'],
  'on-hold': ['resumption', 'resumption', 'failure', 'start'],
  'cancellation-requested': ['cancellation', 'completion'],
  suspended: ['sharing-stop', 'acceptance'],
  completed: ['review', 'review', 'suggestion', 'acceptance'],
  declined: ['review', 'suggestion', 'acknowledgement'],
  failed: ['review'],
  cancelled: ['review', 'completion'],
  closed: ['reopening', 'error'],
};

/** A referral, from sending to wherever chance leads it; now and then both sides move at once. */
export async function refer(
  journey: Journey,
  sender: string,
  caseId: string,
  about: { consentId: string; service: OfferedService; receiver: string },
): Promise<void> {
  const { service, receiver, consentId } = about;
  const sent = await journey.send(sender, `/v1/${service.sector}/referrals`, {
    ...{ caseId, consentId, receiver },
    service: service.code,
    urgency: journey.chance.pick(['urgent', 'routine']),
    reason: journey.words(),
  });
  if (sent.status !== 201) return;
  const referral: Sent = { service, id: String(sent.body['id']), sender, receiver };
  let status = 'sent';
  for (let moves = journey.chance.between(1, 14); moves > 0 && next[status]; moves -= 1) {
    if (status === 'closed' && journey.chance.happens(0.7)) return;
    const together = journey.chance.happens(0.15) ? 2 : 1;
    const replies = await Promise.all(
      Array.from({ length: together }, () => move(journey, referral, acts[journey.chance.pick(next[status]!)])),
    );
    status = statusAfter(replies, status);
  }
}

function move(journey: Journey, referral: Sent, act: Act): Promise<Reply> {
  const [side, action, body] = act(journey, referral);
  return journey.send(referral[side], `/v1/${referral.service.sector}/referrals/${referral.id}/${action}`, body);
}

/** What the answers of the newest version say, or a refusal for being too late. */
function statusAfter(replies: readonly Reply[], before: string): string {
  const [newest] = replies
    .filter(({ status }) => status < 300)
    .sort((a, b) => Number(b.body['version']) - Number(a.body['version']));
  const told = newest?.body['status'] ?? replies.map(({ body }) => body['currentStatus']).find((now) => now);
  return typeof told === 'string' ? told : before;
}

function step(journey: Journey, { service }: Sent): readonly [Side, string, object] {
  const [name, fields] = journey.chance.pick(Object.entries(service.stepFields));
  const body = Object.fromEntries(Object.entries(fields).map(([field, kind]) => [field, value(journey, kind)]));
  return ['receiver', `steps/${name}`, body];
}

function value(journey: Journey, { kind, values }: StepField): unknown {
  if (values) return journey.chance.pick(values);
  switch (kind) {
    case 'instant':
      return '2026-11-20T10:00:00Z';
    case 'date':
      return '2026-12-20';
    case 'flag':
      return true;
    case 'count':
      return journey.chance.between(1, 4);
    case 'list':
      return [journey.words()];
    case 'profile':
      return { occupations: [journey.words()] };
    default:
      return journey.words();
  }
}
