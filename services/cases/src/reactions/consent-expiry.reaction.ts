import type { Due, RecordedEvent, View, ViewWriter } from '@ihala/event-log';
import { EventLog } from '@ihala/event-log';
import { type DueNow, FollowUpCommands, TheDue, type TimerDefinition, WhenDue } from '@ihala/service-kit';
import { Controller } from '@nestjs/common';
import { expireConsent } from '../domain/case.decider.js';
import { caseFollowUp } from './case-follow-ups.reaction.js';

/** When each consent that has an end will be over. */
const consentEndsView: View<Due> = {
  name: 'consent-ends',
  version: 1,
  handles: ['ConsentRecorded', 'ConsentConfirmed', 'ConsentWithdrawn', 'ConsentExpired'],
  indexes: [['dueAt']],
  fold({ type, data, caseId }: RecordedEvent, docs: ViewWriter<Due>): void {
    const { consentId, expiresAt: dueAt } = data as { consentId: string; expiresAt?: string };
    // asked again without a yes: the end stays where it was
    if (type === 'ConsentConfirmed' && data['decision'] !== 'given') return;
    if (dueAt === undefined) docs.delete(consentId);
    else docs.put(consentId, { dueAt, caseId: caseId! });
  },
};

export const consentExpiry: TimerDefinition = { name: 'consent-expiry', due: consentEndsView };

/** A consent whose end has come expires, which acts like a withdrawal. */
@Controller()
export class ConsentExpiry {
  constructor(
    private readonly log: EventLog,
    private readonly commands: FollowUpCommands,
  ) {}

  @WhenDue(consentExpiry)
  whenOver(@TheDue() due: DueNow): Promise<void> {
    const expire = caseFollowUp(this.log, due.caseId!, (file, at) => expireConsent({ at, consentId: due.id }, file));
    return this.commands.due(consentExpiry, due, expire);
  }
}
