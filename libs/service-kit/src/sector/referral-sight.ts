import { Policies } from '@ihala/access';
import { type Consent, findConsent, isActive } from '@ihala/case-file';
import type { ClassContents } from '@ihala/contracts';
import { EventLog, type RecordedEvent } from '@ihala/event-log';
import { isOpen, type SentReferral } from '@ihala/referral';
import { Injectable } from '@nestjs/common';
import { knownClasses, loadCase, personIn } from '../case-stream.js';
import { EventReader } from '../events.js';
import type { Call } from '../http/call.js';
import { partiesOf, type ReferralRecord } from './referral-record.js';

/** What one caller may see of one referral now. */
export interface Sight {
  /** the referral's own words, and which service a sensitive one is */
  readonly texts: boolean;
  /** what the receiver found: in health, for its clinicians alone */
  readonly findings: boolean;
  readonly person?: ClassContents;
}

/** While it is worked on, and nobody took their consent back. */
export const isShared = (state: SentReferral): boolean => isOpen(state.status) && state.status !== 'suspended';

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
   * Both sides see while the consent is active: the receiver what was consented, while the referral is open and not
   * suspended; the sender of that only what it may know of the case. `state` is the newest one, also where an older
   * version is shown: what was shared once need not be shared now.
   */
  async of(call: Call, { state, service }: Pick<ReferralRecord, 'state' | 'service'>): Promise<Sight> {
    const record = await loadCase(this.log, state.caseId);
    const consent = record && findConsent(record.file, state.consentId);
    if (!record || !consent || !isActive(consent, call.receivedAt)) return { texts: false, findings: false };
    const movers = this.policies.moversOf(call.caller, partiesOf(state));
    const asReceiver = movers.includes('receiver') && isShared(state);
    const asSender = movers.includes('sender');
    if (!asReceiver && !asSender) return { texts: false, findings: false };
    const classes = sharedClasses(consent, service);
    const known = knownClasses(call.caller.agency, record.file, call.receivedAt);
    const visible = (event: RecordedEvent) =>
      asReceiver ? classes : classes.filter((name) => known(event).includes(name));
    return {
      texts: true,
      findings: asReceiver && this.policies.permits(call.caller, 'read-findings', partiesOf(state)),
      person: await personIn(record.events, this.reader, visible),
    };
  }
}
