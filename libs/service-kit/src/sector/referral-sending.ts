import { Policies } from '@ihala/access';
import { type CaseFile, caseStream, type Consent, findConsent, isActive } from '@ihala/case-file';
import { isRefusal, type Refusal, refuse } from '@ihala/decider';
import { EventLog } from '@ihala/event-log';
import { decide, initialState, sendingRefusal, type Urgency } from '@ihala/referral';
import { Inject, Injectable } from '@nestjs/common';
import { loadCase } from '../case-stream.js';
import type { Plan } from '../commands.js';
import { EventReader } from '../events.js';
import type { Call } from '../http/call.js';
import { dueAt } from './answer-clock.js';
import type { Catalogue, ServiceDefinition } from './catalogue.js';
import type { SendingBody } from './referral.bodies.js';
import { CATALOGUE, type ReferralRecord, referralStream } from './referral-record.js';

interface Terms extends Omit<SendingBody, 'reason'> {
  readonly reason?: string;
}
interface NewReferral {
  readonly referralId: string;
  /** the one that it takes the place of */
  readonly after?: ReferralRecord;
}
/** What carries it. */
interface Grounds {
  readonly file: CaseFile;
  readonly consent: Consent;
  readonly service: ServiceDefinition;
}

/** Sending a referral: on the case and the consent as this service's copy has them. */
@Injectable()
export class ReferralSending {
  constructor(
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    private readonly log: EventLog,
    private readonly policies: Policies,
    private readonly reader: EventReader,
  ) {}

  async plan(call: Call, terms: Terms, { referralId, after }: NewReferral): Promise<Plan | Refusal> {
    const { services } = this.catalogue;
    const record = await loadCase(this.log, terms.caseId);
    if (!record || !this.isCustodian(call, record.file)) return refuse('case.not-found');
    const { file } = record;
    const consent = findConsent(file, terms.consentId.toLowerCase());
    const service = Object.hasOwn(services, terms.service) ? services[terms.service] : undefined;
    const refusal = sendingRefusal({
      caseOpen: file.status === 'open',
      urgency: terms.urgency,
      receiver: terms.receiver,
      service,
      consent: consent && { ...consent, active: isActive(consent, call.receivedAt) },
    });
    if (refusal) return refusal;
    const sent = this.sent(call, terms, { file, consent: consent!, service: service! });
    const events = decide(
      {
        action: 'send',
        sent: { referralId, ...sent, ...(after && { follows: after.state.referralId }) },
        personal: {
          texts: {
            reason: terms.reason ?? (after && (await this.reasonOf(after, file, call.receivedAt))),
            note: terms.note,
            ...(service!.sensitive && { service: terms.service }),
          },
        },
      },
      initialState,
    );
    if (isRefusal(events)) return events;
    const stream = referralStream(this.catalogue.sector, referralId);
    return {
      writes: [{ stream, caseId: file.caseId, expectedVersion: 0, events }],
      guards: [{ stream: caseStream(file.caseId), version: file.version }],
    };
  }

  private sent(call: Call, terms: Terms, { file, consent, service }: Grounds) {
    const { sector } = this.catalogue;
    const { urgency, receiver, receiverUnit } = terms;
    return {
      caseId: file.caseId,
      consentId: consent.id,
      ...(consent.expiresAt && { consentExpiresAt: consent.expiresAt }),
      sector,
      service: service.sensitive ? sector : terms.service,
      sender: call.caller.agency,
      ...(file.unit && { senderUnit: file.unit }),
      receiver,
      ...(receiverUnit && { receiverUnit }),
      urgency,
      answerDueAt: dueAt(call.receivedAt, service.answerWithin[urgency as Urgency]),
      at: call.receivedAt,
    };
  }

  /**
   * Why the person was referred in the first place, for whoever is asked next: as long as the consent stands under which
   * it was told.
   */
  private async reasonOf({ state, events }: ReferralRecord, file: CaseFile, now: string): Promise<string | undefined> {
    const consent = findConsent(file, state.consentId);
    if (!consent || !isActive(consent, now)) return undefined;
    const [contents] = await this.reader.contents(events.slice(0, 1), () => ['texts']);
    return contents?.['texts']?.['reason'] as string | undefined;
  }

  private isCustodian(call: Call, file: CaseFile): boolean {
    const parties = { type: 'Case', custodian: file.custody.agency, unit: file.unit } as const;
    return this.policies.permits(call.caller, 'work-case', parties);
  }
}
