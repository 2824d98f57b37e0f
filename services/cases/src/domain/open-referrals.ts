import {
  isOpen,
  evolve,
  initialState,
  type ReferralEvent,
  type ReferralState,
  type SentReferral,
} from '@ihala/referral';

interface LoggedEvent {
  readonly stream: string;
  readonly type: string;
  readonly source?: string;
  readonly data: object;
}

/** The referrals of a case that are open in any sector, folded from what the sectors published about it. */
export async function openReferralsIn(events: AsyncIterable<LoggedEvent>): Promise<readonly SentReferral[]> {
  const referrals = new Map<string, ReferralState>();
  for await (const event of events) {
    if (!event.stream.includes('/referral-')) continue;
    const state = referrals.get(event.stream) ?? initialState;
    referrals.set(event.stream, evolve(state, event as unknown as ReferralEvent));
  }
  return [...referrals.values()].filter((state) => state.status !== 'none').filter(({ status }) => isOpen(status));
}
