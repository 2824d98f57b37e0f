import { type CaseFile, type Consent, findConsent, isActive, openTransfer, type Transfer } from '@ihala/case-file';
import { personAndSituation } from '@ihala/contracts';
import { EventLog, type RecordedEvent } from '@ihala/event-log';
import type { SentReferral } from '@ihala/referral';
import { type Call, type CaseRecord, EventReader, knownClasses, personIn } from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';
import { openReferralsIn } from '../domain/open-referrals.js';
import { AllowedActions } from './allowed-actions.js';
import { caseResource, transferResource } from './resources.js';

/** How a case, its consents and its transfers look to one caller, now. */
@Injectable()
export class CaseRepresentations {
  constructor(
    private readonly log: EventLog,
    private readonly reader: EventReader,
    private readonly allowed: AllowedActions,
  ) {}

  /** @param current the newest file, which decides what may be seen of `record`, an older one perhaps */
  async case({ file, events }: CaseRecord, call: Call, current = file): Promise<object> {
    const isCustodian = call.caller.agency === current.custody.agency;
    const [opening] = await this.ownTexts(events, 'CaseOpened', call);
    const notes = await this.ownTexts(events, 'NoteAdded', call);
    const contents = await personIn(events, this.reader, visibleClasses(current, call));
    return {
      id: file.caseId,
      reference: file.reference,
      status: file.status,
      custodian: file.custody.agency,
      unit: file.unit,
      assignee: isCustodian ? file.assignee : undefined,
      openedAt: file.openedAt,
      version: file.version,
      minor: file.minor,
      ...personAndSituation(contents),
      reception: {
        place: isCustodian ? opening?.texts['place'] : undefined,
        region: file.region,
        unit: events[0]?.data['unit'],
        channel: file.channel,
      },
      notes: isCustodian && notes.length > 0 ? notes.map(noteOf) : undefined,
      consents: isCustodian ? file.consents.map((consent) => consentView(consent, call.receivedAt)) : undefined,
      transfers: file.transfers
        .filter((transfer) => isCustodian || transfer.to === call.caller.agency)
        .map((transfer) => transferView(transfer, current, call)),
      allowedActions: this.allowed.onCase(call, caseResource(file), await this.openWork(file, isCustodian)),
    };
  }

  /** Whether a referral is open is looked up only where an answer depends on it. */
  private async openWork(file: CaseFile, isCustodian: boolean) {
    if (file.status === 'closed') return undefined;
    const offered = openTransfer(file) !== undefined;
    return { offered, referred: isCustodian && !offered && (await this.openReferrals(file)).length > 0 };
  }

  /** These consents of the case, with the agency's own words where a reason was given. */
  async consents({ file, events }: CaseRecord, consents: readonly Consent[], call: Call): Promise<object[]> {
    const recorded = consents.map((consent) =>
      events.find((event) => event.type === 'ConsentRecorded' && event.data['consentId'] === consent.id)!,
    );
    const contents = await this.reader.contents(recorded, (event) => ownTexts(event, call));
    const resting = await this.restingOnEnded(file, consents, call);
    return consents.map((consent, index) => ({
      ...consentView(consent, call.receivedAt),
      caseId: file.caseId,
      reason: contents[index]?.['texts']?.['reason'],
      awaitingSharingStop: isActive(consent, call.receivedAt)
        ? undefined
        : resting.filter(({ consentId }) => consentId === consent.id).map(awaited),
    }));
  }

  /** Open referrals of the case, when one of these consents is over: who has not confirmed yet that sharing stopped. */
  private async restingOnEnded(file: CaseFile, consents: readonly Consent[], call: Call) {
    if (consents.every((consent) => isActive(consent, call.receivedAt))) return [];
    return this.openReferrals(file);
  }

  private openReferrals({ caseId }: CaseFile): Promise<readonly SentReferral[]> {
    return openReferralsIn(this.log.readLog({ after: 0, caseId }));
  }

  async transfer({ file, events }: CaseRecord, transfer: Transfer, call: Call): Promise<object> {
    const own = events.filter((event) => event.data['transferId'] === transfer.id);
    const { agency } = call.caller;
    const consent = findConsent(file, transfer.consentId);
    const isConsented = consent !== undefined && isActive(consent, call.receivedAt);
    // The offer's note is for its recipient while it stands; the answer's is for who made the offer. As in a referral,
    // neither reads the other's words once the consent is over.
    const isForCaller = (event: RecordedEvent) =>
      transfer.status === 'proposed' || (event.type === 'TransferRefused' && agency === transfer.from);
    const readable = (event: RecordedEvent) => event.actor.agency === agency || (isConsented && isForCaller(event));
    const contents = await this.reader.contents(own, (event) => (readable(event) ? ['texts'] : []));
    const [offer, answer] = contents.map((parts) => parts['texts']);
    return {
      ...transferView(transfer, file, call),
      note: offer?.['note'],
      answerNote: answer?.['note'] ?? answer?.['reason'],
      version: transfer.version,
      allowedActions: this.allowed.onTransfer(call, transferResource(transfer), transfer.status),
    };
  }

  /** The agency's own words of these events; another custodian's are never shown. */
  private async ownTexts(events: readonly RecordedEvent[], type: string, call: Call): Promise<readonly OwnText[]> {
    const own = events.filter((event) => event.type === type && event.actor.agency === call.caller.agency);
    const contents = await this.reader.contents(own, () => ['texts']);
    return own.map((event, index) => ({ event, texts: contents[index]?.['texts'] ?? {} }));
  }
}

/**
 * What the caller sees of an event's classes: everything its own agency recorded, and of what others recorded the
 * classes that its custody consent names, or the consent of the offer that is open to it.
 */
function visibleClasses(file: CaseFile, { caller, receivedAt }: Call): (event: RecordedEvent) => readonly string[] {
  if (caller.agency === file.custody.agency) return knownClasses(caller.agency, file, receivedAt);
  const offer = openTransfer(file);
  const consent = offer && findConsent(file, offer.consentId);
  const offered = consent && isActive(consent, receivedAt) ? consent.dataClasses : [];
  return () => offered;
}

const ownTexts = (event: RecordedEvent, call: Call) => (event.actor.agency === call.caller.agency ? ['texts'] : []);

interface OwnText {
  readonly event: RecordedEvent;
  readonly texts: Readonly<Record<string, unknown>>;
}
const noteOf = ({ event: { data, actor }, texts }: OwnText): object => ({
  id: data['noteId'],
  at: data['at'],
  by: actor.subject,
  ...texts,
});

/** One past its end shows as expired at once, whether or not a clock has recorded it yet. */
function consentView({ expiresAtIfConfirmed: _, ...consent }: Consent, now: string): object {
  if (consent.status !== 'active') return { ...consent, allowedActions: [] };
  if (!isActive(consent, now)) return { ...consent, status: 'expired', allowedActions: [] };
  const confirmable = consent.basis === 'vital-interests' && consent.confirmation !== 'given';
  return { ...consent, allowedActions: [...(confirmable ? ['confirmation'] : []), 'withdrawal'] };
}

const awaited = ({ referralId, sector, receiver, receiverUnit, status }: SentReferral): object => ({
  referralId,
  sector,
  receiver,
  receiverUnit,
  status,
});

/** Which consent carries an offer is the custodian's business. */
function transferView(transfer: Transfer, file: CaseFile, call: Call): object {
  const {
    proposedAt,
    endedAt,
    refusalReason,
    consentId,
    toUnit,
    fromUnit,
    version: _version,
    ...rest
  } = {
    endedAt: undefined,
    refusalReason: undefined,
    ...transfer,
  };
  return {
    ...rest,
    caseId: file.caseId,
    fromUnit,
    unit: toUnit,
    proposedAt,
    answeredAt: endedAt,
    refusalReason,
    consentId: call.caller.agency === file.custody.agency ? consentId : undefined,
  };
}
