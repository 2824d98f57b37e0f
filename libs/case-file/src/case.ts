import type {
  CaseEvent,
  ConfirmationDecision,
  ConsentBasis,
  ConsentConfirmed,
  ConsentPurpose,
  ConsentRecorded,
  ReceptionChannel,
  TransferProposed,
  TransferReason,
  TransferRefusalReason,
} from './events.js';

interface ConsentTerms {
  readonly id: string;
  readonly recipient: string;
  readonly purpose: ConsentPurpose;
  readonly dataClasses: readonly string[];
  readonly basis: ConsentBasis;
  readonly givenBy: 'person' | 'guardian';
  readonly method: string;
  readonly language: string;
  readonly interpreter?: boolean;
  readonly recordedAt: string;
  readonly expiresAt?: string;
  readonly expiresAtIfConfirmed?: string;
  /** what the person said last, where help could not wait for their word */
  readonly confirmation?: ConfirmationDecision;
  /** the case's version at the last change of this consent */
  readonly version: number;
}
export type Consent = ConsentTerms &
  ({ readonly status: 'active' } | { readonly status: 'withdrawn' | 'expired'; readonly endedAt: string });

interface Offer {
  readonly id: string;
  readonly from: string;
  readonly fromUnit?: string;
  readonly to: string;
  readonly toUnit?: string;
  readonly reason: TransferReason;
  readonly consentId: string;
  readonly proposedAt: string;
  /** the case's version at the last change of this transfer */
  readonly version: number;
}
export type Transfer = Offer &
  (
    | { readonly status: 'proposed' }
    | { readonly status: 'accepted' | 'withdrawn'; readonly endedAt: string }
    | { readonly status: 'refused'; readonly endedAt: string; readonly refusalReason: TransferRefusalReason }
  );

export interface Custody {
  readonly agency: string;
  /** the consent by which it sees what others recorded; absent: it opened the case, and nobody did before it */
  readonly consentId?: string;
}

/** The facts of a case that rules rest on. Who the person is stands sealed in its events, not here. */
export interface CaseFile {
  readonly status: 'open' | 'closed';
  readonly caseId: string;
  readonly reference: string;
  readonly custody: Custody;
  readonly unit?: string;
  readonly assignee?: string;
  readonly channel: ReceptionChannel;
  readonly region?: string;
  readonly minor: boolean;
  readonly openedAt: string;
  readonly consents: readonly Consent[];
  readonly transfers: readonly Transfer[];
  readonly version: number;
}
export type CaseState = { readonly status: 'none'; readonly version: 0 } | CaseFile;

export const noCase: CaseState = { status: 'none', version: 0 };

export const openTransfer = (file: CaseFile): Transfer | undefined =>
  file.transfers.find((transfer) => transfer.status === 'proposed');

export const findConsent = (file: CaseFile, id: string): Consent | undefined =>
  file.consents.find((consent) => consent.id === id);

/** An expiry that has passed ends a consent at once, whether or not a clock has recorded it yet. */
export const isActive = (consent: Consent, now: string): boolean =>
  consent.status === 'active' && (consent.expiresAt === undefined || consent.expiresAt > now);

/** Which classes of what others recorded the custodian may see: those its custody consent names, while it stands. */
export function inheritedClasses({ custody, consents }: CaseFile, now: string): readonly string[] {
  const consent = consents.find(({ id }) => id === custody.consentId);
  return consent && isActive(consent, now) ? consent.dataClasses : [];
}

export function evolveCase(state: CaseState, event: CaseEvent): CaseState {
  if (event.type === 'CaseOpened') {
    const { custodian, at, ...opened } = event.data;
    const custody = { agency: custodian };
    return { status: 'open', ...opened, openedAt: at, custody, consents: [], transfers: [], version: 1 };
  }
  if (state.status === 'none') throw new Error(`${event.type} on a case that was never opened`);
  const file = { ...state, version: state.version + 1 };
  switch (event.type) {
    case 'NoteAdded':
      return file;
    case 'CaseCorrected':
    case 'AgeReassessed':
      return { ...file, minor: event.data.minor };
    case 'CaseAssigned':
      return { ...file, assignee: event.data.assignee };
    case 'CaseClosed':
      return { ...file, status: 'closed' };
    case 'CaseReopened':
      return { ...file, status: 'open' };
    case 'ConsentRecorded':
      return { ...file, consents: [...file.consents, recorded(event, file.version)] };
    case 'ConsentConfirmed':
      return changed(file, event.data.consentId, (consent) => confirmed(consent, event.data));
    case 'ConsentWithdrawn':
      return changed(file, event.data.consentId, (consent) => ({ ...consent, ...over('withdrawn', event.data.at) }));
    case 'ConsentExpired':
      return changed(file, event.data.consentId, (consent) => ({ ...consent, ...over('expired', event.data.at) }));
    case 'TransferProposed':
      return { ...file, transfers: [...file.transfers, proposed(event, file.version)] };
    case 'TransferRefused':
      return ended(file, event.data.transferId, {
        status: 'refused',
        endedAt: event.data.at,
        refusalReason: event.data.reason,
      });
    case 'TransferWithdrawn':
      return ended(file, event.data.transferId, { status: 'withdrawn', endedAt: event.data.at });
    case 'TransferAccepted':
      return handedOver(ended(file, event.data.transferId, { status: 'accepted', endedAt: event.data.at }), event.data);
    default:
      throw new Error(`unknown event ${(event satisfies never as CaseEvent).type}`);
  }
}

function recorded({ data: { consentId, at, ...terms } }: ConsentRecorded, version: number): Consent {
  return { id: consentId, status: 'active', ...terms, recordedAt: at, version };
}

function changed(file: CaseFile, consentId: string, change: (consent: Consent) => Consent): CaseFile {
  const consents = file.consents.map((consent) =>
    consent.id === consentId ? { ...change(consent), version: file.version } : consent,
  );
  return { ...file, consents };
}

const over = (status: 'withdrawn' | 'expired', endedAt: string) => ({ status, endedAt });

function confirmed(consent: Consent, { decision, expiresAt }: ConsentConfirmed['data']): Consent {
  if (decision !== 'given') return { ...consent, confirmation: decision };
  const { expiresAt: _expiresAt, expiresAtIfConfirmed: _confirmed, ...rest } = consent;
  return { ...rest, confirmation: decision, ...(expiresAt === undefined ? {} : { expiresAt }) };
}

function proposed({ data: { transferId, at, ...terms } }: TransferProposed, version: number): Transfer {
  return { id: transferId, status: 'proposed', ...terms, proposedAt: at, version };
}

type Ending =
  | { status: 'accepted' | 'withdrawn'; endedAt: string }
  | { status: 'refused'; endedAt: string; refusalReason: TransferRefusalReason };

function ended(file: CaseFile, transferId: string, ending: Ending): CaseFile {
  const transfers = file.transfers.map((transfer) =>
    transfer.id === transferId ? { ...transfer, ...ending, version: file.version } : transfer,
  );
  return { ...file, transfers };
}

/** The new custodian starts without the old one's unit and caseworker. */
function handedOver(
  file: CaseFile,
  { transferId, custodian, unit }: { transferId: string; custodian: string; unit?: string },
): CaseFile {
  const { unit: _unit, assignee: _assignee, ...rest } = file;
  const consentId = file.transfers.find((transfer) => transfer.id === transferId)?.consentId;
  return { ...rest, custody: { agency: custodian, consentId }, ...(unit === undefined ? {} : { unit }) };
}
