import { findConsent } from '@ihala/case-file';
import { caseEvents } from '@ihala/contracts';
import { type Errand, EventLog, type RecordedEvent, ViewStore } from '@ihala/event-log';
import { decide, type FollowUpCommand, type SentReferral } from '@ihala/referral';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { loadCase } from '../case-stream.js';
import { FollowUpCommands } from '../following/follow-up.commands.js';
import { type ReactionDefinition, TheEvent, told, When } from '../following/when.js';
import type { Catalogue } from './catalogue.js';
import { openReferrals, openReferralsView } from './open-referrals.view.js';
import { CATALOGUE, ReferralLoader, type ReferralRecord, referralStream } from './referral-record.js';
import { sharedClasses } from './referral-sight.js';

const consentEnded = told(caseEvents, 'ConsentWithdrawn', 'ConsentExpired');
const custodyMoved = told(caseEvents, 'TransferAccepted');

export const referralFollowUps: ReactionDefinition = { name: 'referral-follow-ups', knows: openReferralsView };

/** What a sector does of itself when something happened to the case: the same in every sector. */
@Controller()
export class ReferralReactions {
  constructor(
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    private readonly views: ViewStore,
    private readonly log: EventLog,
    private readonly loader: ReferralLoader,
    private readonly commands: FollowUpCommands,
  ) {}

  /** Every open referral that rests on the consent is suspended; each receiver then confirms that it stopped. */
  @When(referralFollowUps, 'ConsentWithdrawn', 'ConsentExpired')
  async whenConsentEnded(@TheEvent(consentEnded) event: z.infer<typeof consentEnded>): Promise<Errand[]> {
    const resting = await Array.fromAsync(openReferrals(this.views, { consentId: event.data.consentId }));
    const cause = causeOf(event);
    return resting.map((referral) => this.errand(event, referral, async (at) => ({ action: 'suspend', at, cause })));
  }

  /**
   * Open referrals of the old custodian follow the case when the custody consent names all that they share. Whose they
   * are is asked when it is done: the change before this one may have been told, and not have been carried out yet.
   */
  @When(referralFollowUps, 'TransferAccepted')
  async whenCustodyMoved(@TheEvent(custodyMoved) event: z.infer<typeof custodyMoved>): Promise<Errand[]> {
    const caseId = event.caseId!;
    const { transferId, custodian: sender, unit: senderUnit } = event.data;
    const { file } = (await loadCase(this.log, caseId, event.version))!;
    const transfer = file.transfers.find(({ id }) => id === transferId)!;
    const carried = findConsent(file, transfer.consentId)!.dataClasses;
    const open = await Array.fromAsync(openReferrals(this.views, { caseId }));
    return open.map((referral) =>
      this.errand(event, referral, async (at, { state, service }) => {
        if (state.sender !== transfer.from) return undefined;
        const { file } = (await loadCase(this.log, caseId))!;
        const shared = sharedClasses(findConsent(file, state.consentId)!, service);
        if (!shared.every((name) => carried.includes(name))) return undefined;
        return { action: 'change-sender', at, sender, ...(senderUnit && { senderUnit }) };
      }),
    );
  }

  private errand(
    event: Pick<RecordedEvent, 'id' | 'correlationId'>,
    { referralId, caseId }: SentReferral,
    command: (at: string, record: ReferralRecord) => Promise<FollowUpCommand | undefined>,
  ): Errand {
    const target = referralStream(this.catalogue.sector, referralId);
    return this.commands.errand(referralFollowUps, event, {
      target,
      decide: async (at) => {
        const record = (await this.loader.load({ referralId }))!;
        const asked = await command(at, record);
        const events = asked ? decide(asked, record.state) : [];
        if ('refused' in events) return events;
        return { writes: [{ stream: target, caseId, expectedVersion: record.state.version, events }] };
      },
    });
  }
}

const causeOf = ({ type }: z.infer<typeof consentEnded>): 'withdrawn' | 'expired' =>
  type === 'ConsentWithdrawn' ? 'withdrawn' : 'expired';
