import type { Refusal } from '@ihala/decider';
import { type Errand, occasionOf, type RecordedEvent } from '@ihala/event-log';
import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { CommandShell, type Plan } from '../commands.js';
import type { Cause } from '../events.js';
import { newId } from '../http/call.js';
import type { DueNow, ReactionDefinition, TimerDefinition } from './when.js';

/** What is to be done, decided on how things stand when it is done. */
export interface FollowUp {
  /** the stream it changes */
  readonly target: string;
  /** @param at the instant of the decision */
  decide(at: string): Promise<Plan | Refusal>;
}

/** Commands that follow from events and from the clock; they go through the same door as those of people. */
@Injectable()
export class FollowUpCommands {
  constructor(
    private readonly shell: CommandShell,
    private readonly clock: Clock,
  ) {}

  /** What a reaction names: carried out once for this event and target. */
  errand({ name }: ReactionDefinition, event: Pick<RecordedEvent, 'id' | 'correlationId'>, to: FollowUp): Errand {
    const cause = { correlationId: event.correlationId, causationId: event.id };
    return { target: to.target, carryOut: () => this.follow(name, event.id, to, cause) };
  }

  /** What a timer does: once for this document and instant. */
  due({ name }: TimerDefinition, { id, dueAt }: DueNow, to: FollowUp): Promise<void> {
    const firing = newId();
    return this.follow(name, occasionOf(id, { dueAt }), to, { correlationId: firing, causationId: firing });
  }

  private follow(
    name: string,
    occasion: string,
    { target, decide }: FollowUp,
    ids: Pick<Cause, 'correlationId' | 'causationId'>,
  ): Promise<void> {
    const at = this.clock.now();
    // nobody's doing: the rule that did it is named where an employee would be
    const actor = { agency: 'ihala', subject: name, role: 'system' };
    const cause = (caseId: string | undefined): Cause => ({ actor, ...(caseId && { caseId }), ...ids, at });
    return this.shell.follow({ name, occasion, target, cause }, () => decide(at));
  }
}
