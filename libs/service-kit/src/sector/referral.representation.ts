import { Policies } from '@ihala/access';
import { dataClasses, flattened } from '@ihala/contracts';
import type { RecordedEvent } from '@ihala/event-log';
import { allowedActions, type SentReferral } from '@ihala/referral';
import { Injectable } from '@nestjs/common';
import { type Contents, EventReader } from '../events.js';
import type { Call } from '../http/call.js';
import { isMasked, partiesOf, type ReferralRecord } from './referral-record.js';
import { type Outline, ReferralSight, type Sight } from './referral-sight.js';

/** How a referral looks to one caller, now. */
@Injectable()
export class ReferralRepresentations {
  constructor(
    private readonly reader: EventReader,
    private readonly policies: Policies,
    private readonly sight: ReferralSight,
  ) {}

  /** @param current the newest state, which decides what may be seen of `record`, an older one perhaps */
  async referral(record: ReferralRecord, call: Call, current = record.state): Promise<object> {
    const sight = await this.sight.of(call, { state: current, service: record.service });
    const texts = await this.texts(record.events, sight);
    const of = (type: string) => texts.findLast((entry) => entry.type === type)?.texts;
    return {
      ...this.facts(record.state, call, sight),
      ...(sight.texts && { service: record.serviceCode ?? record.state.service }),
      person: sight.person && flattened(sight.person),
      reason: of('ReferralSent')?.['reason'],
      note: of('ReferralSent')?.['note'],
      appointment: sight.texts ? appointmentOf(record.state, of('AppointmentScheduled')) : undefined,
      suggestions: sight.deeds ? suggestionsOf(record.events, texts) : undefined,
    };
  }

  /** A page of what happened, each with the words and findings that the caller may see. */
  async events(record: ReferralRecord, events: readonly RecordedEvent[], call: Call): Promise<object[]> {
    const sight = await this.sight.of(call, record);
    const classes = sight.findings ? readableFindings : sight.texts ? ['texts'] : [];
    const contents = await this.reader.contents(events, () => classes);
    return events.map((event, index) => eventItem(event, contents[index] ?? {}, hiddenIn(event, sight)));
  }

  /** What a caller sees in a list and alone; which consent a referral rests on is its sender's business. */
  facts(state: SentReferral, call: Call, outline: Outline): object {
    return {
      ...referralFacts(state, outline.due),
      ...(!outline.deeds && { steps: undefined, until: undefined }),
      consentId: outline.isSender ? state.consentId : undefined,
      consentExpiresAt: undefined,
      allowedActions: allowedActions(state, this.policies.moversOf(call.caller, partiesOf(state)), call.receivedAt),
    };
  }

  private async texts(events: readonly RecordedEvent[], sight: Sight): Promise<readonly WordedEvent[]> {
    const worded = sight.texts ? events.filter((event) => shownTexts.has(event.type)) : [];
    const contents = await this.reader.contents(worded, () => ['texts']);
    return worded.map(({ id, type }, index) => ({ id, type, texts: contents[index]?.['texts'] ?? {} }));
  }
}

interface WordedEvent {
  readonly id: string;
  readonly type: string;
  readonly texts: Readonly<Record<string, unknown>>;
}
const shownTexts = new Set(['ReferralSent', 'AppointmentScheduled', 'NextServiceSuggested']);
/** What the receiver's staff, in health its clinicians, read besides the words. */
const readableFindings = ['texts', ...dataClasses];

/**
 * A referral without anything personal: codes, agencies, instants.
 * @param due whether it may be told by when an answer is due; if left out, where that names no sensitive service
 */
export function referralFacts(state: SentReferral, due = !isMasked(state)): object {
  const { referralId, serviceBegun: _begun, suggestions: _suggestions, appointmentAt: _at, ...facts } = state;
  return { id: referralId, ...facts, ...(!due && { answerDueAt: undefined, remaining: undefined }) };
}

/** Clear fields of events that say something about the person, or where they will be. */
const aboutThePerson = ['fields', 'appointmentAt', 'until'];

const hiddenIn = ({ type }: RecordedEvent, { isSender, texts, deeds, due }: Outline): readonly string[] => [
  ...(isSender ? [] : ['consentId', 'consentExpiresAt']),
  ...(texts ? [] : aboutThePerson),
  ...(due ? [] : ['answerDueAt', 'remaining', 'dueAt']),
  ...(deeds ? [] : ['step', ...(type === 'NextServiceSuggested' ? ['sector'] : [])]),
];

const appointmentOf = ({ appointmentAt: at }: SentReferral, texts: WordedEvent['texts'] | undefined) =>
  at && { at, place: texts?.['place'], note: texts?.['note'] };

function suggestionsOf(events: readonly RecordedEvent[], texts: readonly WordedEvent[]): object[] | undefined {
  const made = events.filter((event) => event.type === 'NextServiceSuggested');
  if (made.length === 0) return undefined;
  return made.map(({ id, data }) => ({
    at: data['at'],
    sector: data['sector'],
    ...texts.find((entry) => entry.id === id)?.texts,
  }));
}

function eventItem(event: RecordedEvent, contents: Contents, hidden: readonly string[]): object {
  const data = Object.fromEntries(
    Object.entries(event.data).filter(([name]) => name !== 'at' && !hidden.includes(name)),
  );
  const { agency, unit, role } = event.actor;
  const fields = event.type === 'StepRecorded' &&
    !hidden.includes('fields') && {
      fields: Object.assign({}, event.data['fields'], ...Object.values(contents)) as object,
    };
  return {
    version: event.version,
    at: event.recordedAt,
    type: event.type,
    actor: { agency, unit, role },
    ...data,
    ...(event.type === 'StepRecorded' ? {} : contents['texts']),
    ...fields,
  };
}
