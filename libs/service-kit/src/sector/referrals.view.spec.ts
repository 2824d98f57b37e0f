import { describe, expect, it } from '@jest/globals';
import { foldBatch, type JsonObject, type RecordedEvent } from '@ihala/event-log';
import { referralsView } from './referrals.view.js';

/** Aminata’s referrals: which service they ask for is sealed, but for a plain one. */
const monday = '2026-03-02T09:00:00.000Z';
const thursday = '2026-03-05T09:00:00.000Z';
const may = '2026-05-01T00:00:00.000Z';
const sealed = [{ keyId: 'k', class: 'texts-health', nonce: 'n', ciphertext: 'c' }];
const event = (type: string, stream: string, data: JsonObject) =>
  ({ id: `of ${stream}`, type, stream, data: { at: monday, ...data }, sealed }) as unknown as RecordedEvent;
const sent = (referral: string, consentId: string, service = 'health') =>
  event('ReferralSent', referral, {
    ...{ referralId: referral, caseId: 'case', consentId, consentExpiresAt: thursday, sector: 'health', service },
    ...{ sender: 'oim', receiver: 'sante', urgency: 'urgent', answerDueAt: thursday },
  });
const declined = (referral: string) => event('ReferralDeclined', referral, { reason: 'duplicate' });
const consent = (type: string, consentId: string, data: JsonObject = {}) =>
  event(type, 'cases/case', { consentId, ...data });

/** The documents after these events: until when a row’s consent stands, `!` where it still names a sensitive service. */
async function folded(...events: RecordedEvent[]): Promise<Record<string, unknown>> {
  const { changes } = await foldBatch(referralsView, events, () => undefined);
  const docs = [...changes].filter(([, text]) => text !== undefined);
  return Object.fromEntries(docs.map(([id, text]) => [id, toldOf(JSON.parse(text!) as Document)]));
}
interface Document {
  readonly consent?: { readonly until?: string };
  readonly sealedService?: object;
  readonly referrals?: readonly string[];
}
const toldOf = ({ consent, sealedService, referrals }: Document): unknown =>
  referrals ?? `${consent ? (consent.until ?? 'for ever') : 'over'}${sealedService ? '!' : ''}`;

describe('a row of the work lists', () => {
  const before = [sent('one', 'c1'), sent('plain', 'c1', 'vaccination'), sent('other', 'c2'), declined('plain')];
  const resting = { 'consent/c1': ['one', 'plain'], 'consent/c2': ['other'] };
  const other = `${thursday}!`;

  it('knows until when the consent stands, and which sensitive service it is', async () => {
    expect(await folded(...before)).toEqual({ one: `${thursday}!`, plain: thursday, other, ...resting });
  });

  it.each([
    [{ decision: 'given' }, 'for ever'],
    [{ decision: 'given', expiresAt: may }, may],
    [{ decision: 'unable', expiresAt: thursday }, thursday],
  ])('hears what was said after an emergency, whatever became of it: %j', async (said, until) => {
    const docs = await folded(...before, consent('ConsentConfirmed', 'c1', said), declined('one'));
    expect(docs).toEqual({ one: `${until}!`, plain: until, other, ...resting });
  });

  it.each(['ConsentWithdrawn', 'ConsentExpired'])('has forgotten it after %s, for good', async (type) => {
    const docs = await folded(...before, consent(type, 'c1'), declined('one'));
    expect(docs).toEqual({ one: 'over', plain: 'over', other, 'consent/c2': ['other'] });
    expect(await folded(...before, consent(type, 'c3'))).toMatchObject({ one: `${thursday}!`, ...resting });
  });
});
