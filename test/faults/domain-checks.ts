import type { DataFile, LoggedEvent } from './data-folder.js';
import type { Finding } from './finding.js';

/** What the events alone must tell: said here a second time, and more simply, than in the domain. */
export function checkDomain(files: readonly DataFile[]): Finding[] {
  return files.flatMap((file) => {
    const own = Map.groupBy(
      file.events.filter((event) => event.source === undefined),
      (event) => event.stream,
    );
    return [...own]
      .flatMap(([stream, events]) => {
        if (/\/case-/.test(stream)) return wrong(file, 'custody', events, custody());
        return /\/referral-/.test(stream) ? wrong(file, 'protocol', events, protocol()) : [];
      })
      .concat(checkConsents(file));
  });
}

type Follow = (event: LoggedEvent) => boolean;

/** The first event that can't follow on those before it. */
function wrong({ file }: DataFile, check: string, events: readonly LoggedEvent[], follow: Follow): Finding[] {
  const event = events.find((next) => !follow(next));
  return event ? [{ check, file, position: event.position, what: `${event.type} in ${event.stream}` }] : [];
}

/** One custodian at a time, who alone offers; one open offer at a time, whose recipient alone takes it; on an open case. */
function custody(): Follow {
  let custodian = '';
  let open = false;
  let offer: { readonly id: unknown; readonly to: unknown } | undefined;
  return ({ type, version, data, actor }) => {
    if (type === 'CaseOpened') {
      custodian = String(data['custodian']);
      open = true;
      return version === 1 && actor.agency === custodian;
    }
    if (type === 'CaseClosed' || type === 'CaseReopened') {
      const legal = open === (type === 'CaseClosed') && !offer;
      open = !open;
      return legal;
    }
    if (type === 'ConsentRecorded') return open && actor.agency === custodian;
    if (type === 'TransferProposed') {
      const legal = open && !offer && data['from'] === custodian && actor.agency === custodian;
      offer = { id: data['transferId'], to: data['to'] };
      return legal;
    }
    if (!/^Transfer(Accepted|Refused|Withdrawn)$/.test(type)) return custodian !== '';
    const { id, to } = offer ?? {};
    offer = undefined;
    if (id === undefined || id !== data['transferId']) return false;
    if (type === 'TransferWithdrawn') return actor.agency === custodian;
    if (type === 'TransferAccepted') custodian = String(data['custodian']);
    return actor.agency === to && (type === 'TransferRefused' || custodian === to);
  };
}

const unanswered = 'sent acknowledged information-requested';
const begun = 'accepted scheduled in-service';
const open = `${unanswered} ${begun} on-hold cancellation-requested`;
const ended = 'completed failed declined cancelled';

/** Event → the statuses it may follow on, and the one it leads to; none: the status stays. */
const moves: Readonly<Record<string, readonly [from: string, to?: string]>> = {
  ReferralSent: ['none', 'sent'],
  ReferralAcknowledged: ['sent', 'acknowledged'],
  ReferralAssigned: [open],
  InformationRequested: ['sent acknowledged', 'information-requested'],
  InformationGiven: ['information-requested', 'acknowledged'],
  ReferralAccepted: ['sent acknowledged', 'accepted'],
  ReferralDeclined: [unanswered, 'declined'],
  ServiceStarted: ['accepted scheduled', 'in-service'],
  StepRecorded: [begun, 'in-service'],
  ServicePutOnHold: ['in-service', 'on-hold'],
  ServiceResumed: ['on-hold', 'in-service'],
  ServiceCompleted: ['in-service cancellation-requested', 'completed'],
  ServiceFailed: [`${begun} on-hold`, 'failed'],
  NextServiceSuggested: [`${open} completed declined`],
  CancellationRequested: [`acknowledged information-requested ${begun} on-hold`, 'cancellation-requested'],
  ReferralCancelled: ['sent cancellation-requested', 'cancelled'],
  ConsentWithdrawalReported: [open],
  ReferralSuspended: [open, 'suspended'],
  SharingStopped: ['suspended', 'cancelled'],
  ReferralOverdue: [unanswered],
  ReferralEscalated: [unanswered],
  SenderChanged: [`${open} suspended`],
  ReferralReviewed: [ended, 'closed'],
  ReferralRedirected: [`declined failed ${unanswered}`, 'redirected'],
  ReferralEnteredInError: [`${open} ${ended} closed redirected`, 'entered-in-error'],
};
/** These lead elsewhere when the service has begun already. */
const visits: Readonly<Record<string, readonly [before: string, inService: string]>> = {
  AppointmentScheduled: ['scheduled', 'in-service'],
  AppointmentAttended: ['in-service', 'in-service'],
  AppointmentMissed: ['accepted', 'in-service'],
  AppointmentCancelled: ['accepted', 'in-service'],
};

function protocol(): Follow {
  let status = 'none';
  let beforeClosing = 'none';
  return ({ type }) => {
    const visit = visits[type];
    if (visit) {
      const legal = (type === 'AppointmentScheduled' ? begun : 'scheduled in-service').split(' ').includes(status);
      status = visit[status === 'in-service' ? 1 : 0];
      return legal;
    }
    if (type === 'ReferralReopened') {
      const legal = status === 'closed';
      status = beforeClosing;
      return legal;
    }
    const [from, to] = moves[type] ?? [''];
    const legal = from.split(' ').includes(status);
    if (to === 'closed') beforeClosing = status;
    status = to ?? status;
    return legal;
  };
}

/** A referral rests on a consent that this log knew of, that names the receiver, and that it did not know to have ended. */
function checkConsents({ file, events }: DataFile): Finding[] {
  const active = new Map<unknown, unknown>();
  return events.flatMap(({ type, data, position, source }) => {
    if (type === 'ConsentRecorded' && data['purpose'] === 'referral') active.set(data['consentId'], data['recipient']);
    if (/^Consent(Withdrawn|Expired)$/.test(type)) active.delete(data['consentId']);
    const rests = active.has(data['consentId']) && active.get(data['consentId']) === data['receiver'];
    if (type !== 'ReferralSent' || source !== undefined || rests) return [];
    return [{ check: 'consent', file, position, what: `sent without: ${String(data['referralId'])}` }];
  });
}

/**
 * Once nothing is under way any more: nobody works on a referral whose consent is over, no case is closed over an open referral, and
 * no consent is left to stand past its end.
 * @param now the instant up to which ends had to be acted on
 */
export function checkFollowed(files: readonly DataFile[], now: string): Finding[] {
  const own = files.flatMap(({ file, events }) =>
    events.filter(({ source }) => source === undefined).map((event) => ({ file, event })),
  );
  const [ended, closed, ends] = [new Set<unknown>(), new Set<unknown>(), new Map<unknown, string>()];
  const referrals = new Map<string, { file: string; consentId: unknown; caseId: unknown; status: string }>();
  for (const { file, event } of own) {
    const { type, data, stream, caseId } = event;
    const { consentId } = data;
    if (type === 'CaseClosed') closed.add(caseId);
    if (type === 'CaseReopened') closed.delete(caseId);
    if (type === 'ConsentRecorded' && data['expiresAt']) ends.set(consentId, String(data['expiresAt']));
    if (/^Consent(Withdrawn|Expired)$/.test(type)) ended.add(consentId);
    if (type === 'ReferralSent') referrals.set(stream, { file, consentId, caseId, status: 'sent' });
    const to = visits[type] ? 'scheduled' : moves[type]?.[1];
    const referral = referrals.get(stream);
    // reopened or not, it is over: only what is open counts here
    if (referral && to) referral.status = to;
  }
  const working = [...referrals].filter(([, { status }]) => open.split(' ').includes(status));
  return [
    ...working
      .filter(([, { consentId }]) => ended.has(consentId))
      .map(([what, { file }]) => ({ check: 'not-suspended', file, what })),
    ...[...referrals]
      .filter(([, { status, caseId }]) => `${open} suspended`.split(' ').includes(status) && closed.has(caseId))
      .map(([what, { file }]) => ({ check: 'closed-over', file, what })),
    ...[...ends]
      .filter(([consentId, end]) => end < now && !ended.has(consentId))
      .map(([consentId]) => ({ check: 'not-expired', file: 'cases.sqlite', what: String(consentId) })),
  ];
}
