import { type CaseEvent, type CaseFile, caseStream } from '@ihala/case-file';
import { caseEvents, referralEvents } from '@ihala/contracts';
import { type Errand, EventLog, type RecordedEvent, ViewStore } from '@ihala/event-log';
import {
  type FollowUp,
  FollowUpCommands,
  loadCase,
  type ReactionDefinition,
  TheEvent,
  told,
  When,
} from '@ihala/service-kit';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { reopenForReferral, withdrawReported } from '../domain/case.decider.js';
import { openReferralsIn } from '../domain/open-referrals.js';
import { planFor } from '../case-plan.js';
import { closedCasesView } from '../views/closed-cases.view.js';

const withdrawalReported = told(referralEvents, 'ConsentWithdrawalReported');
const referralSent = told(referralEvents, 'ReferralSent');
const caseClosed = told(caseEvents, 'CaseClosed');

export const caseFollowUps: ReactionDefinition = { name: 'case-follow-ups', knows: closedCasesView };

/** What becomes of a case when something happened to one of its referrals. */
@Controller()
export class CaseReactions {
  constructor(
    private readonly log: EventLog,
    private readonly views: ViewStore,
    private readonly commands: FollowUpCommands,
  ) {}

  /** What the person told one receiver holds for everybody who relies on that consent. */
  @When(caseFollowUps, 'ConsentWithdrawalReported')
  async whenWithdrawalReported(
    @TheEvent(withdrawalReported) event: z.infer<typeof withdrawalReported>,
  ): Promise<Errand[]> {
    const [sent] = await Array.fromAsync(this.log.readStream(event.stream, { to: 1 }));
    const { consentId, referralId } = sent!.data as { consentId: string; referralId: string };
    return [this.errand(event, (file, at) => withdrawReported({ at, consentId, referralId }, file))];
  }

  /** A sending and a closure that crossed: no acknowledged referral is lost, so the case is open again. */
  @When(caseFollowUps, 'ReferralSent')
  async whenReferralSent(@TheEvent(referralSent) event: z.infer<typeof referralSent>): Promise<Errand[]> {
    if ((await this.views.get(closedCasesView, event.caseId!)) === undefined) return [];
    const { referralId } = event.data;
    return [this.errand(event, (file, at) => reopenForReferral({ at, referralId }, file))];
  }

  /** The same, when the sending was heard of before the closure, but after that had looked for open referrals. */
  @When(caseFollowUps, 'CaseClosed')
  async whenCaseClosed(@TheEvent(caseClosed) event: z.infer<typeof caseClosed>): Promise<Errand[]> {
    const [open] = await openReferralsIn(this.before(event));
    if (!open) return [];
    const { referralId } = open;
    return [this.errand(event, (file, at) => reopenForReferral({ at, referralId }, file))];
  }

  private async *before({ caseId, position }: Pick<RecordedEvent, 'caseId' | 'position'>) {
    for await (const event of this.log.readLog({ after: 0, caseId })) {
      if (event.position === position) return;
      yield event;
    }
  }

  private errand(
    event: Pick<RecordedEvent, 'id' | 'correlationId' | 'caseId'>,
    decide: (file: CaseFile, at: string) => readonly CaseEvent[],
  ): Errand {
    return this.commands.errand(caseFollowUps, event, caseFollowUp(this.log, event.caseId!, decide));
  }
}

/** A command that follows, on the case as it stands when it is carried out. */
export const caseFollowUp = (
  log: EventLog,
  caseId: string,
  decide: (file: CaseFile, at: string) => readonly CaseEvent[],
): FollowUp => ({
  target: caseStream(caseId),
  async decide(at) {
    const { file } = (await loadCase(log, caseId))!;
    return planFor(file, decide(file, at));
  },
});
