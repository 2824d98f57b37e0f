import type {
  CaseEvent,
  ConsentBasis,
  ConsentPurpose,
  ConsentRecorded,
  ReceptionChannel,
  TransferProposed,
  TransferReason,
  TransferRefusalReason,
} from './events.js';

export interface Consent {
  readonly id: string;
  readonly status: 'active';
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
  /** the case's version at the last change of this consent */
  readonly version: number;
}

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
  /** which classes of what others recorded this custodian may see: those its custody consent names */
  readonly inheritedClasses: readonly string[];
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

export function evolveCase(state: CaseState, event: CaseEvent): CaseState {
  if (event.type === 'CaseOpened') {
    const { custodian, at, ...opened } = event.data;
    const custody = { agency: custodian, inheritedClasses: [] };
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

/** The new custodian starts without the old one's unit and caseworker, with the classes its custody consent names. */
function handedOver(
  file: CaseFile,
  { transferId, custodian, unit }: { transferId: string; custodian: string; unit?: string },
) {
  const { unit: _unit, assignee: _assignee, ...rest } = file;
  const consentId = file.transfers.find((transfer) => transfer.id === transferId)?.consentId;
  const inheritedClasses = file.consents.find((consent) => consent.id === consentId)?.dataClasses ?? [];
  return { ...rest, custody: { agency: custodian, inheritedClasses }, ...(unit === undefined ? {} : { unit }) };
}
