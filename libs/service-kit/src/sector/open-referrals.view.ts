import { referralEvents } from '@ihala/contracts';
import type { JsonObject, RecordedEvent, View, ViewStore } from '@ihala/event-log';
import { evolve, initialState, isOpen, type ReferralState, type SentReferral } from '@ihala/referral';
import { referralEventOf } from './referral-record.js';

/** An open referral, as far as follow-ups need it; it goes when the referral is open no more. */
type OpenReferral = {
  readonly caseId: string;
  readonly consentId: string;
  readonly sentAt: string;
  readonly state: JsonObject;
};

export const openReferralsView: View<OpenReferral> = {
  name: 'open-referrals',
  version: 1,
  handles: Object.keys(referralEvents),
  indexes: [
    ['consentId', 'sentAt'],
    ['caseId', 'sentAt'],
  ],
  async fold(event: RecordedEvent, docs): Promise<void> {
    const before = await docs.get(event.stream);
    // none: it was over already, and what is over is never open again
    if (before === undefined && event.type !== 'ReferralSent') return;
    const state = evolve(
      (before?.state ?? initialState) as unknown as ReferralState,
      referralEventOf(event),
    ) as SentReferral;
    const { status, caseId, consentId, sentAt } = state;
    if (isOpen(status)) docs.put(event.stream, { caseId, consentId, sentAt, state: state as unknown as JsonObject });
    else docs.delete(event.stream);
  },
};

/** The open referrals that rest on a consent, or of a case, oldest first, page by page. */
export async function* openReferrals(
  views: ViewStore,
  of: { readonly consentId: string } | { readonly caseId: string },
): AsyncGenerator<SentReferral> {
  const query = { anyOf: [of], sort: { field: 'sentAt', direction: 'asc' }, limit: 100 } as const;
  for await (const { doc } of views.findAll(openReferralsView, query)) yield doc.state as unknown as SentReferral;
}
