import { type Refusal, refuse } from '@ihala/decider';
import {
  type CaseEvent,
  type CaseFile,
  type CaseOpened,
  type ConfirmationDecision,
  type Consent,
  type ConsentRecorded,
  type ConsentWithdrawn,
  findConsent,
  isActive,
  openTransfer,
  type Transfer,
  type TransferProposed,
  type TransferRefused,
} from '@ihala/case-file';

/** Content for the seal: one object a data class, and `texts` for the agency's own words. */
type Personal = Readonly<Record<string, object | undefined>>;
type Decision = readonly CaseEvent[] | Refusal;

export type OpenCase = CaseOpened['data'] & { readonly personal: Personal };
export const open = ({ personal, ...data }: OpenCase): readonly CaseEvent[] => [{ type: 'CaseOpened', data, personal }];

export const correct = (command: {
  readonly at: string;
  readonly minor: boolean;
  readonly personal: Personal;
}): Decision => [{ type: 'CaseCorrected', data: { at: command.at, minor: command.minor }, personal: command.personal }];

export const addNote = (command: { readonly at: string; readonly noteId: string; readonly text: string }): Decision => [
  {
    type: 'NoteAdded',
    data: { noteId: command.noteId, at: command.at },
    personal: { texts: { text: command.text } },
  },
];

export const assign = (command: { readonly at: string; readonly assignee: string }, file: CaseFile): Decision =>
  notOpen(file) ?? [{ type: 'CaseAssigned', data: { assignee: command.assignee, at: command.at } }];

/** `referralsOpen`: whether any sector still works on this case, as far as everything published up to now says. */
export const close = (
  command: { readonly at: string; readonly reason: string; readonly referralsOpen: boolean },
  file: CaseFile,
): Decision => {
  if (file.status !== 'open') return notOpen(file)!;
  if (command.referralsOpen || openTransfer(file)) return refuse('case.has-open-work');
  return [{ type: 'CaseClosed', data: { at: command.at }, personal: { texts: { reason: command.reason } } }];
};

export const reopen = (command: { readonly at: string; readonly reason: string }, file: CaseFile): Decision =>
  file.status === 'open'
    ? refuse('case.not-closed', { currentStatus: file.status })
    : [{ type: 'CaseReopened', data: { at: command.at }, personal: { texts: { reason: command.reason } } }];

export type RecordConsent = ConsentRecorded['data'] & {
  /** whether a person's data may go there at all: custody agencies and providers, never enforcement */
  readonly recipientAllowed: boolean;
  readonly reason?: string;
  /** today, from the birth data; the person may have come of age since it was recorded */
  readonly minor: boolean;
};
export const recordConsent = (command: RecordConsent, file: CaseFile): Decision => {
  const { recipientAllowed, reason, minor, ...data } = command;
  if (file.status !== 'open') return notOpen(file)!;
  if (!recipientAllowed) return refuse('consent.recipient-not-allowed');
  if (minor && data.basis === 'consent' && data.givenBy !== 'guardian') return refuse('consent.guardian-needed');
  const reassessed: readonly CaseEvent[] =
    minor === file.minor ? [] : [{ type: 'AgeReassessed', data: { minor, at: data.at } }];
  return [
    ...reassessed,
    { type: 'ConsentRecorded', data, ...(reason === undefined ? {} : { personal: { texts: { reason } } }) },
  ];
};

interface ConsentMove {
  readonly at: string;
  readonly consentId: string;
}

/** The person takes it back, as easily as they gave it: no condition, and on a closed case too. */
export const withdrawConsent = (command: ConsentMove & { readonly reason?: string }, file: CaseFile): Decision => {
  const { reason, consentId, at } = command;
  if (!activeConsent(file, command)) return refuse('consent.not-active');
  const data = { consentId, cause: 'asked', at } as const;
  return [{ type: 'ConsentWithdrawn', data, ...(reason === undefined ? {} : { personal: { texts: { reason } } }) }];
};

/** The person's own word, once they can give it: it carries on what began without, or ends it at once. */
export const confirmConsent = (
  { at, consentId, decision }: ConsentMove & { readonly decision: ConfirmationDecision },
  file: CaseFile,
): Decision => {
  const consent = activeConsent(file, { at, consentId });
  if (!consent) return refuse('consent.not-active');
  if (consent.basis !== 'vital-interests' || consent.confirmation === 'given') {
    return refuse('consent.confirmation-not-needed');
  }
  const end = decision === 'given' ? consent.expiresAtIfConfirmed : undefined;
  return [
    { type: 'ConsentConfirmed', data: { consentId, decision, ...(end && { expiresAt: end }), at } },
    ...(decision === 'refused' ? [withdrawnAs({ consentId, cause: 'refused', at })] : []),
  ];
};

/** The clock says that it is over; one that ended meanwhile, or was given a later end, is left alone. */
export const expireConsent = ({ at, consentId }: ConsentMove, file: CaseFile): readonly CaseEvent[] => {
  const consent = findConsent(file, consentId);
  if (consent?.status !== 'active' || isActive(consent, at)) return [];
  return [{ type: 'ConsentExpired', data: { consentId, at } }];
};

/** The person said it to a receiver, who reported it with this referral. */
export const withdrawReported = (
  { at, consentId, referralId }: ConsentMove & { readonly referralId: string },
  file: CaseFile,
): readonly CaseEvent[] =>
  findConsent(file, consentId)?.status === 'active'
    ? [withdrawnAs({ consentId, cause: 'reported', referralId, at })]
    : [];

const withdrawnAs = (data: ConsentWithdrawn['data']): CaseEvent => ({ type: 'ConsentWithdrawn', data });

const activeConsent = (file: CaseFile, { at, consentId }: ConsentMove): Consent | undefined => {
  const consent = findConsent(file, consentId);
  return consent && isActive(consent, at) ? consent : undefined;
};

/** A referral was sent while the closure was on its way to the sector: the case has open work, so it is open. */
export const reopenForReferral = (
  { at, referralId }: { readonly at: string; readonly referralId: string },
  file: CaseFile,
): readonly CaseEvent[] => (file.status === 'open' ? [] : [{ type: 'CaseReopened', data: { referralId, at } }]);

export type ProposeTransfer = Omit<TransferProposed['data'], 'from' | 'fromUnit'> & {
  /** whether that agency may hold custody */
  readonly holdsCustody: boolean;
  readonly note?: string;
};
export const proposeTransfer = (command: ProposeTransfer, file: CaseFile): Decision => {
  const { holdsCustody, note, to, ...rest } = command;
  if (file.status !== 'open') return notOpen(file)!;
  if (openTransfer(file)) return refuse('transfer.already-proposed');
  if (!holdsCustody || to === file.custody.agency) return refuse('transfer.recipient-not-allowed');
  if (!carries(findConsent(file, command.consentId), to, command.at)) return refuse('consent.missing', { missing: [] });
  const from = { from: file.custody.agency, ...(file.unit === undefined ? {} : { fromUnit: file.unit }) };
  return [
    {
      type: 'TransferProposed',
      data: { ...rest, ...from, to },
      ...(note === undefined ? {} : { personal: { texts: { note } } }),
    },
  ];
};

const carries = (consent: Consent | undefined, to: string, now: string): boolean =>
  consent !== undefined && isActive(consent, now) && consent.recipient === to && consent.purpose === 'custody';

interface TransferMove {
  readonly at: string;
  readonly transferId: string;
}

/** Custody moves here, at once and only here; the consent must still stand. */
export const acceptTransfer = (command: TransferMove & { readonly unit?: string }, file: CaseFile): Decision => {
  const transfer = proposedTransfer(file, command.transferId);
  if (!transfer) return refuse('transfer.not-open');
  if (!carries(findConsent(file, transfer.consentId), transfer.to, command.at)) {
    return refuse('consent.missing', { missing: [] });
  }
  const unit = transfer.toUnit ?? command.unit;
  return [
    {
      type: 'TransferAccepted',
      data: {
        transferId: transfer.id,
        custodian: transfer.to,
        ...(unit === undefined ? {} : { unit }),
        at: command.at,
      },
    },
  ];
};

export const refuseTransfer = (
  command: TransferMove & { readonly reason: TransferRefused['data']['reason']; readonly note?: string },
  file: CaseFile,
): Decision => {
  if (!proposedTransfer(file, command.transferId)) return refuse('transfer.not-open');
  const { note, ...data } = command;
  return [{ type: 'TransferRefused', data, ...(note === undefined ? {} : { personal: { texts: { note } } }) }];
};

export const withdrawTransfer = (command: TransferMove & { readonly reason?: string }, file: CaseFile): Decision => {
  if (!proposedTransfer(file, command.transferId)) return refuse('transfer.not-open');
  const { reason, ...data } = command;
  return [{ type: 'TransferWithdrawn', data, ...(reason === undefined ? {} : { personal: { texts: { reason } } }) }];
};

const proposedTransfer = (file: CaseFile, id: string): Transfer | undefined =>
  file.transfers.find((transfer) => transfer.id === id && transfer.status === 'proposed');

const notOpen = (file: CaseFile): Refusal | undefined =>
  file.status === 'open' ? undefined : refuse('case.not-open', { currentStatus: file.status });
