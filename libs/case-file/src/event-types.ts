import type { CaseEvent } from './events.js';

const listed = {
  CaseOpened: true,
  CaseCorrected: true,
  NoteAdded: true,
  CaseAssigned: true,
  CaseClosed: true,
  CaseReopened: true,
  AgeReassessed: true,
  ConsentRecorded: true,
  ConsentConfirmed: true,
  ConsentWithdrawn: true,
  ConsentExpired: true,
  TransferProposed: true,
  TransferAccepted: true,
  TransferRefused: true,
  TransferWithdrawn: true,
} satisfies Record<CaseEvent['type'], true>;

/** Every event type of a case's stream. */
export const caseEventTypes = Object.keys(listed) as readonly CaseEvent['type'][];
