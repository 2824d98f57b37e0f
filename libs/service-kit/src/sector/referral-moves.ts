import type { ReferralAction, SentReferral } from '@ihala/referral';
import { days, later } from '../clock.js';
import { remainingAt } from './answer-clock.js';
import type { Step } from './catalogue.js';

/** Fields of a body that are words, for the seal; what is not named here are codes and instants of the move. */
const words: Partial<Record<ReferralAction, readonly string[]>> = {
  'information-request': ['question'],
  information: ['answer'],
  acceptance: ['note'],
  refusal: ['note'],
  appointment: ['place', 'note'],
  hold: ['reason'],
  completion: ['note'],
  failure: ['note'],
  'cancellation-request': ['reason'],
  review: ['note'],
  suggestion: ['service', 'note'],
  reopening: ['reason'],
  'consent-withdrawal': ['reason'],
  'sharing-stop': ['ground'],
  error: ['reason'],
};

/** A checked body as the protocol's command, with the instants of the answer clock computed now and for ever. */
export function moveCommand(
  action: ReferralAction,
  body: Readonly<Record<string, unknown>>,
  state: SentReferral,
  now: string,
): object {
  const sealed = words[action] ?? [];
  const entries = Object.entries(body);
  const texts = Object.fromEntries(entries.filter(([name]) => sealed.includes(name)));
  const codes = Object.fromEntries(entries.filter(([name]) => !sealed.includes(name)));
  const personal = Object.keys(texts).length > 0 ? { personal: { texts } } : {};
  return { action, ...personal, ...named(action, codes), ...clock(action, state, now) };
}

/** Where the contract's field and the event's are called differently. */
function named(action: ReferralAction, { at, subject, ...codes }: Record<string, unknown>): object {
  if (action === 'appointment') return { appointmentAt: at };
  if (action === 'assignment') return { assignee: subject, ...codes };
  return codes;
}

/** Silence never locks a person in: then the sender's supervisor may end it alone. */
const silenceEnds = days(7);

/** A question stops the clock, its answer starts it again with what was left; emergencies do not wait. */
function clock(action: ReferralAction, state: SentReferral, now: string): object {
  if (action === 'information-request' && state.urgency !== 'emergency' && state.answerDueAt !== undefined) {
    return { remaining: remainingAt(now, state.answerDueAt) };
  }
  if (action === 'information' && state.status === 'information-requested' && state.remaining !== undefined) {
    return { answerDueAt: later(now, state.remaining) };
  }
  if (action === 'cancellation-request') return { supervisorMayCancelFrom: later(now, silenceEnds) };
  return {};
}

/** Process times, facts and codes stay clear; words go under the class that the catalogue names. */
export function splitFields(body: Record<string, unknown>, definition: Step | undefined) {
  const fields: Record<string, unknown> = {};
  const personal: Record<string, Record<string, unknown>> = {};
  for (const [name, value] of Object.entries(body)) {
    const sealedAs = definition?.fields[name]?.class;
    if (sealedAs) personal[sealedAs] = { ...personal[sealedAs], [name]: value };
    else if (value !== undefined) fields[name] = value;
  }
  return { fields, personal };
}
