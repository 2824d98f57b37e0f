import { isOpen, evolve, initialState, type ReferralEvent, type ReferralState } from '@ihala/referral';

interface LoggedEvent {
  readonly stream: string;
  readonly type: string;
  readonly source?: string;
  readonly data: object;
}

/** Whether any sector's referral of this case is open, folded from what the sectors published about it. */
export async function referralsOpenIn(events: AsyncIterable<LoggedEvent>): Promise<boolean> {
  const referrals = new Map<string, ReferralState>();
  for await (const event of events) {
    if (!event.stream.includes('/referral-')) continue;
    const state = referrals.get(event.stream) ?? initialState;
    referrals.set(event.stream, evolve(state, event as unknown as ReferralEvent));
  }
  return [...referrals.values()].some(({ status }) => status !== 'none' && isOpen(status));
}
