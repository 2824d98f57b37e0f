import type { Action } from '@ihala/access';
import { Deployment } from '@ihala/access';
import { type CaseFile, type CaseEvent, caseStream } from '@ihala/case-file';
import { byClass } from '@ihala/contracts';
import { isRefusal, type Refusal } from '@ihala/decider';
import { EventLog } from '@ihala/event-log';
import {
  type Answer,
  type Answered,
  Authorisation,
  type Call,
  type CaseRecord,
  CommandShell,
  EventReader,
  invalid,
  newId,
  personIn,
  type Plan,
  Problem,
  requireMatch,
  type ResourceLoader,
  SourceCopies,
} from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';
import { isMinor } from '../domain/age.js';
import * as decide from '../domain/case.decider.js';
import { referralsOpenIn } from '../domain/open-referrals.js';
import type { ConsentBody, CorrectionBody, OpeningBody, TransferBody } from './bodies.js';
import { exceptionalBases } from './bodies.js';
import { CaseAnswers, caseOf } from './case-answers.js';
import { isMinorNow, needsStatedBy, withEnd, withoutBlindRemovals } from './case-content.js';
import { CaseLoader, caseResource, type LoadedTransfer, TransferLoader } from './resources.js';
import { References } from './references.js';

type Decision = readonly CaseEvent[] | Refusal;

/** What a command is about: found and authorised by the guard, and found and authorised again when it has to retry. */
interface Target<Loaded extends CaseRecord> {
  readonly action: Action;
  readonly loader: ResourceLoader<Loaded>;
  readonly params: Record<string, string>;
  readonly loaded: Loaded;
  readonly version: (loaded: Loaded) => number;
}

@Injectable()
export class CaseCommands {
  constructor(
    private readonly shell: CommandShell,
    private readonly log: EventLog,
    private readonly reader: EventReader,
    private readonly copies: SourceCopies,
    private readonly authorisation: Authorisation,
    private readonly deployment: Deployment,
    private readonly answers: CaseAnswers,
    private readonly references: References,
    private readonly cases: CaseLoader,
    private readonly transfers: TransferLoader,
  ) {}

  open(call: Call, body: OpeningBody): Promise<Answer> {
    const unit = this.receptionUnit(call, body);
    const { place, channel, region } = body.reception;
    const personal = { ...byClass(body.person, body.situation), texts: { place } };
    const minor = isMinor(body.person, call.receivedAt.slice(0, 10));
    return this.shell.run(call, body, {
      decide: async () => {
        const caseId = newId();
        const { reference, write } = await this.references.take(caseId, call.receivedAt);
        const at = { at: call.receivedAt, caseId, reference, custodian: call.caller.agency };
        const events = decide.open({
          ...at,
          ...(unit && { unit }),
          channel,
          ...(region && { region }),
          minor,
          personal,
        });
        return { writes: [{ stream: caseStream(caseId), caseId, expectedVersion: 0, events }, write] };
      },
      answer: async (versions, replayed) => {
        // A repeated request may come from an agency that has handed the case over since.
        if (replayed)
          await this.authorisation.admit(call, 'view-case', { loader: this.cases, params: caseOf(versions) });
        return this.answers.case(call, versions, 'created');
      },
    });
  }

  async correct(call: Call, body: CorrectionBody, target: CaseRecord): Promise<Answer> {
    return this.act(call, body, target, async ({ file, events }) => {
      const stated = await personIn(events, this.reader, needsStatedBy(call.caller.agency));
      const correction = withoutBlindRemovals(byClass(body.person, body.situation), file, stated);
      const minor = await isMinorNow(this.reader, { file, events }, call, correction);
      const personal = { ...correction, texts: { reason: body.reason } };
      return decide.correct({ at: call.receivedAt, minor, personal });
    });
  }

  addNote(call: Call, body: { text: string }, target: CaseRecord): Promise<Answer> {
    return this.act(call, body, target, () =>
      decide.addNote({ at: call.receivedAt, noteId: newId(), text: body.text }),
    );
  }

  assign(call: Call, body: { subject: string }, target: CaseRecord): Promise<Answer> {
    return this.act(call, body, target, ({ file }) =>
      decide.assign({ at: call.receivedAt, assignee: body.subject }, file),
    );
  }

  /** Closing rests on there being no open referral anywhere, so every sector's log is heard first. */
  close(call: Call, body: { reason: string }, target: CaseRecord): Promise<Answer> {
    return this.act(call, body, target, async ({ file }) => {
      await this.copies.requireAllUpTo(call.receivedAt);
      const referralsOpen = await referralsOpenIn(this.log.readLog({ after: 0, caseId: file.caseId }));
      return decide.close({ at: call.receivedAt, reason: body.reason, referralsOpen }, file);
    });
  }

  reopen(call: Call, body: { reason: string }, target: CaseRecord): Promise<Answer> {
    return this.act(call, body, target, ({ file }) =>
      decide.reopen({ at: call.receivedAt, reason: body.reason }, file),
    );
  }

  recordConsent(call: Call, body: ConsentBody, target: CaseRecord): Promise<Answer> {
    if (exceptionalBases.includes(body.basis)) {
      this.authorisation.require(call, 'grant-exceptional-consent', caseResource(target.file));
    }
    const recipient = this.deployment.agency(body.recipient);
    if (!recipient) throw invalid([{ path: 'recipient', message: 'no such agency' }]);
    const recipientAllowed = recipient.kinds.some((kind) => kind === 'custody' || kind === 'provider');
    return this.act(
      call,
      body,
      target,
      async ({ file, events }) => {
        const minor = await isMinorNow(this.reader, { file, events }, call);
        const facts = { at: call.receivedAt, consentId: newId(), minor, recipientAllowed };
        return decide.recordConsent({ ...withEnd(body, call.receivedAt), ...facts }, file);
      },
      (record) => this.answers.consent(call, record, record.file.consents.at(-1)!, 'created'),
    );
  }

  proposeTransfer(call: Call, body: TransferBody, target: CaseRecord): Promise<Answer> {
    const { unit, ...terms } = body;
    const holdsCustody = this.deployment.agency(body.to)?.kinds.includes('custody') ?? false;
    if (unit && !this.deployment.isUnitOf(body.to, unit)) throw invalid([{ path: 'unit', message: 'no such unit' }]);
    return this.act(
      call,
      body,
      target,
      ({ file }) =>
        decide.proposeTransfer(
          {
            ...terms,
            consentId: terms.consentId.toLowerCase(),
            ...(unit && { toUnit: unit }),
            at: call.receivedAt,
            transferId: newId(),
            holdsCustody,
          },
          file,
        ),
      (record) => this.answers.transfer(call, record, record.file.transfers.at(-1)!, 'created'),
    );
  }

  moveTransfer(
    call: Call,
    body: object,
    action: 'answer-transfer' | 'withdraw-transfer',
    target: LoadedTransfer,
    move: (transfer: { at: string; transferId: string }, file: CaseFile) => Decision,
  ): Promise<Answer> {
    const transferId = target.transfer.id;
    const params = { caseId: target.file.caseId, transferId };
    return this.run(
      call,
      body,
      { action, loader: this.transfers, params, loaded: target, version: (loaded) => loaded.transfer.version },
      ({ file }) => move({ at: call.receivedAt, transferId }, file),
      (record) =>
        this.answers.transfer(
          call,
          record,
          record.file.transfers.find(({ id }) => id === transferId)!,
        ),
    );
  }

  private act(
    call: Call,
    body: unknown,
    loaded: CaseRecord,
    decision: (record: CaseRecord) => Decision | Promise<Decision>,
    answer?: (record: CaseRecord) => Promise<Answered>,
  ): Promise<Answer> {
    const target = { action: 'work-case', loader: this.cases, params: { caseId: loaded.file.caseId }, loaded } as const;
    return this.run(call, body, { ...target, version: ({ file }) => file.version }, decision, answer);
  }

  private run<Loaded extends CaseRecord>(
    call: Call,
    body: unknown,
    target: Target<Loaded>,
    decision: (loaded: Loaded) => Decision | Promise<Decision>,
    answer?: (record: CaseRecord) => Promise<Answered>,
  ): Promise<Answer> {
    return this.shell.run(call, body, {
      decide: async (retry) => {
        const loaded = retry
          ? ((await this.authorisation.admit(call, target.action, target)) as Loaded)
          : target.loaded;
        requireMatch(call, target.version(loaded));
        const events = await decision(loaded);
        return isRefusal(events) ? events : planFor(loaded.file, events);
      },
      answer: async (versions) =>
        answer ? answer(await this.answers.at(versions)) : this.answers.case(call, versions),
    });
  }

  /** A unit that the reception names must be one the caller works for; who works for one unit only opens for that one. */
  private receptionUnit({ caller }: Call, body: OpeningBody): string | undefined {
    const unit = body.reception.unit ?? (caller.units.length === 1 ? caller.units[0] : undefined);
    if (unit === undefined) {
      if (caller.units.length > 1) throw invalid([{ path: 'reception.unit', message: 'say which of your units' }]);
      return undefined;
    }
    if (!this.deployment.isUnitOf(caller.agency, unit)) {
      throw invalid([{ path: 'reception.unit', message: 'not a unit of your agency' }]);
    }
    if (caller.units.length > 0 && !caller.units.includes(unit)) throw new Problem(403, 'access.forbidden');
    return unit;
  }
}

const planFor = (file: CaseFile, events: readonly CaseEvent[]): Plan => ({
  writes: [{ stream: caseStream(file.caseId), caseId: file.caseId, expectedVersion: file.version, events }],
});
