import { Policies } from '@ihala/access';
import { type Consent, findConsent, isActive } from '@ihala/case-file';
import type { ClassContents } from '@ihala/contracts';
import { EventLog, type RecordedEvent } from '@ihala/event-log';
import { isOpen, type SentReferral } from '@ihala/referral';
import { Injectable } from '@nestjs/common';
import { knownClasses, loadCase, personIn } from '../case-stream.js';
import { EventReader } from '../events.js';
import type { Call } from '../http/call.js';
import { isMasked, partiesOf, type ReferralRecord } from './referral-record.js';

/** How much of a referral one caller may know of, whoever it is about. */
export interface Outline {
  readonly isSender: boolean;
  /** the referral's own words, and which service a sensitive one is */
  readonly texts: boolean;
  /** the names of the steps, what was suggested, until when it rests */
  readonly deeds: boolean;
  /** by when an answer is due: a sensitive service that answers at once would be known by it */
  readonly due: boolean;
}

/** What one caller may see of one referral now. */
export interface Sight extends Outline {
  /** what the receiver found: in health, for its clinicians alone */
  readonly findings: boolean;
  readonly person?: ClassContents;
}

/** What the receiver may know of the person: consented, and asked for by the service. */
export function sharedClasses({ dataClasses }: Consent, service: ReferralRecord['service']): Consent['dataClasses'] {
  const asked: readonly string[] = [...service.dataClasses.required, ...service.dataClasses.optional];
  return dataClasses.filter((name) => asked.includes(name));
}

@Injectable()
export class ReferralSight {
  constructor(
    private readonly log: EventLog,
    private readonly reader: EventReader,
    private readonly policies: Policies,
  ) {}

  /**
   * The one rule, for a referral alone, in lists and in its events. Words are read by both sides while the consent is
   * active, by the receiver only as long as it works on the referral. Which steps it took the receiver is told for longer,
   * after the referral has ended too, but not once the consent is over: withdrawn, expired, or reported as withdrawn. The
   * sender learns in any case what took place.
   * @param state the newest one @param isConsented whether the consent that it rests on is active
   */
  outline({ caller }: Pick<Call, 'caller'>, state: SentReferral, isConsented: boolean): Outline {
    const isSender = this.policies.moversOf(caller, partiesOf(state)).includes('sender');
    const texts = isConsented && (isSender || this.isAtWork(caller, state));
    return {
      isSender,
      texts,
      deeds: isSender || (isConsented && state.status !== 'suspended'),
      due: texts || !isMasked(state),
    };
  }

  /**
   * The outline, and of the person: to the receiver what was consented, while it works on the referral; to the sender of
   * that only what it may know of the case. `state` is the newest one, also where an older version is shown: what was
   * shared once need not be shared now.
   */
  async of(call: Call, { state, service }: Pick<ReferralRecord, 'state' | 'service'>): Promise<Sight> {
    const record = await loadCase(this.log, state.caseId);
    const consent = record && findConsent(record.file, state.consentId);
    const outline = this.outline(call, state, consent !== undefined && isActive(consent, call.receivedAt));
    if (!record || !consent || !outline.texts) return { ...outline, findings: false };
    const asReceiver = this.isAtWork(call.caller, state);
    const classes = sharedClasses(consent, service);
    const known = knownClasses(call.caller.agency, record.file, call.receivedAt);
    const visible = (event: RecordedEvent) =>
      asReceiver ? classes : classes.filter((name) => known(event).includes(name));
    return {
      ...outline,
      findings: asReceiver && this.policies.permits(call.caller, 'read-findings', partiesOf(state)),
      person: await personIn(record.events, this.reader, visible),
    };
  }

  /** As the receiver, while the referral is worked on and nobody took their consent back. */
  private isAtWork(caller: Call['caller'], state: SentReferral): boolean {
    const isShared = isOpen(state.status) && state.status !== 'suspended';
    return isShared && this.policies.moversOf(caller, partiesOf(state)).includes('receiver');
  }
}
