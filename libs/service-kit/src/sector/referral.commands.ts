import { Deployment, Policies } from '@ihala/access';
import { caseStream, findConsent, isActive } from '@ihala/case-file';
import { isRefusal, type Refusal, refuse } from '@ihala/decider';
import { EventLog, type Guard, type Versions } from '@ihala/event-log';
import { decide, type MoveCommand, moversOf, type ReferralAction, type SentReferral } from '@ihala/referral';
import { Inject, Injectable } from '@nestjs/common';
import { loadCase } from '../case-stream.js';
import { type Answered, CommandShell, type Plan } from '../commands.js';
import { Authorisation } from '../http/authorisation.js';
import type { Answer } from '../http/answer.js';
import { type Call, newId, requireMatch } from '../http/call.js';
import { parseBody } from '../http/json.js';
import { invalid, type Problem } from '../http/problem.js';
import { checked } from '../http/schema.pipe.js';
import { type Catalogue, holdsFindings } from './catalogue.js';
import { narrowedBody, type RedirectionBody, type SendingBody, stepBody } from './referral.bodies.js';
import { moveCommand, splitFields } from './referral-moves.js';
import { ReferralSending } from './referral-sending.js';
import {
  CATALOGUE,
  partiesOf,
  ReferralLoader,
  referralIn,
  type ReferralRecord,
  referralStream,
} from './referral-record.js';
import { ReferralRepresentations } from './referral.representation.js';

/**
 * Refusals that rest on what `cases` published: given only once the copy of it is as new as the request. A service that is
 * wrong is among them, since it is told only of a case that is open.
 */
const restsOn = {
  source: 'cases',
  codes: ['case.not-found', 'case.not-open', 'service.unknown', 'service.not-offered', 'consent.missing'],
};

@Injectable()
export class ReferralCommands {
  constructor(
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    private readonly shell: CommandShell,
    private readonly log: EventLog,
    private readonly policies: Policies,
    private readonly deployment: Deployment,
    private readonly authorisation: Authorisation,
    private readonly loader: ReferralLoader,
    private readonly representations: ReferralRepresentations,
    private readonly sending: ReferralSending,
  ) {}

  send(call: Call, body: SendingBody): Promise<Answer> {
    this.requireUnit(body.receiver, body.receiverUnit);
    return this.shell.run(call, body, {
      decide: () => this.sending.plan(call, body, { referralId: newId() }),
      answer: (versions, replayed) => this.created(call, versions, replayed),
      restsOn,
    });
  }

  /** The new referral is the first write, so that a repeat answers it again. */
  redirect(call: Call, body: RedirectionBody, target: ReferralRecord): Promise<Answer> {
    this.requireUnit(body.receiver, body.receiverUnit);
    return this.shell.run(call, body, {
      decide: async (retry) => {
        const record = await this.current(call, 'redirection', target, retry);
        const { caseId, urgency } = record.state;
        const service = body.service ?? record.serviceCode ?? record.state.service;
        const move = { action: 'redirection', followedBy: newId(), ...this.madeBy(call, record.state) } as const;
        const personal = body.reason === undefined ? undefined : { texts: { reason: body.reason } };
        const events = decide({ ...move, personal }, record.state, record.service);
        if (isRefusal(events)) return events;
        const terms = { urgency, ...body, caseId, service };
        const plan = await this.sending.plan(call, terms, { referralId: move.followedBy, after: record });
        if (isRefusal(plan)) return plan;
        return { ...plan, writes: [...plan.writes, this.write(record.state, events)] };
      },
      answer: (versions, replayed) => this.created(call, versions, replayed),
      restsOn,
    });
  }

  /** @param common a body that is what the action asks everywhere; what this service narrows is checked here */
  move(call: Call, action: ReferralAction, common: Record<string, unknown>, target: ReferralRecord): Promise<Answer> {
    const narrowed = narrowedBody(action, target.service);
    const body = narrowed ? (checked(narrowed, common) as Record<string, unknown>) : common;
    if (action === 'assignment' && body['unit'] !== undefined) {
      const unit = body['unit'] as string;
      if (!this.deployment.isUnitOf(target.state.receiver, unit)) throw noSuchUnit('unit');
    }
    return this.run(call, action, body, target, (state) => moveCommand(action, body, state, call.receivedAt));
  }

  /** A step that the service lacks has no fields to check: it is refused as unknown. */
  step(call: Call, step: string, unread: unknown, target: ReferralRecord): Promise<Answer> {
    const definition = Object.hasOwn(target.service.steps, step) ? target.service.steps[step] : undefined;
    if (holdsFindings(definition)) this.authorisation.require(call, 'write-findings', partiesOf(target.state));
    // Only now: whether the caller may write findings at all comes before what it wrote.
    const rawBody = parseBody(unread);
    const body = definition ? checked(stepBody(definition), rawBody) : {};
    return this.run(call, 'steps', rawBody, target, () => ({
      action: 'steps',
      step,
      ...splitFields(body, definition),
    }));
  }

  private run(
    call: Call,
    action: ReferralAction,
    body: unknown,
    target: ReferralRecord,
    command: (state: SentReferral) => object,
  ): Promise<Answer> {
    return this.shell.run(call, body, {
      decide: async (retry) => {
        const record = await this.current(call, action, target, retry);
        const move = { ...command(record.state), ...this.madeBy(call, record.state) } as unknown as MoveCommand;
        const events = decide(move, record.state, record.service);
        if (isRefusal(events)) return events;
        const guards = action === 'acceptance' ? await this.consentGuard(call, record.state) : [];
        if (isRefusal(guards)) return guards;
        return { writes: [this.write(record.state, events)], guards };
      },
      answer: async (versions) => this.answered(call, versions),
      ...(action === 'acceptance' && { restsOn }),
    });
  }

  private async current(call: Call, action: ReferralAction, target: ReferralRecord, retry: boolean) {
    const { referralId } = target.state;
    const sought = { loader: this.loader, params: { referralId }, context: { by: moversOf(action) } };
    const record = (retry ? await this.authorisation.admit(call, 'move-referral', sought) : target) as ReferralRecord;
    requireMatch(call, record.state.version);
    return record;
  }

  private madeBy(call: Call, state: SentReferral) {
    return { at: call.receivedAt, by: this.policies.moversOf(call.caller, partiesOf(state)) };
  }

  private write(state: SentReferral, events: Plan['writes'][number]['events']): Plan['writes'][number] {
    const stream = referralStream(this.catalogue.sector, state.referralId);
    return { stream, caseId: state.caseId, expectedVersion: state.version, events };
  }

  /** An acceptance rests on the consent it was sent with; a withdrawal in between makes it decide again. */
  private async consentGuard(call: Call, { caseId, consentId }: SentReferral): Promise<readonly Guard[] | Refusal> {
    const record = await loadCase(this.log, caseId);
    const consent = record && findConsent(record.file, consentId);
    if (!consent || !isActive(consent, call.receivedAt)) return refuse('consent.missing', { missing: [] });
    return [{ stream: caseStream(caseId), version: record.file.version }];
  }

  private requireUnit(receiver: string, unit: string | undefined): void {
    if (unit !== undefined && !this.deployment.isUnitOf(receiver, unit)) throw noSuchUnit('receiverUnit');
  }

  private async created(call: Call, versions: Versions, replayed: boolean): Promise<Answered> {
    const params = idOf(versions);
    // A repeated request may come from an agency that is not a party any more.
    if (replayed) await this.authorisation.admit(call, 'view-referral', { loader: this.loader, params });
    const location = `/v1/${this.catalogue.sector}/referrals/${params.referralId}`;
    return { ...(await this.answered(call, versions)), location };
  }

  /** As of what was appended; what may be seen of it follows from how things stand now. */
  private async answered(call: Call, versions: Versions): Promise<Answered> {
    const newest = await this.loader.load(idOf(versions));
    const { version } = versions[0]!;
    const record = newest!.state.version === version ? newest : await this.loader.load(idOf(versions), version);
    return { body: await this.representations.referral(record!, call, newest!.state), version };
  }
}

const idOf = ([write]: Versions) => ({ referralId: referralIn(write!.stream)! });

const noSuchUnit = (path: string): Problem => invalid([{ path, message: 'no such unit of the receiver' }]);
