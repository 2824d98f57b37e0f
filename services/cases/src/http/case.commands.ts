import { Deployment } from '@ihala/access';
import { caseStream } from '@ihala/case-file';
import { byClass } from '@ihala/contracts';
import { EventLog } from '@ihala/event-log';
import {
  type Answer,
  Authorisation,
  type Call,
  type CaseRecord,
  CommandShell,
  EventReader,
  invalid,
  newId,
  personIn,
  Problem,
  SourceCopies,
} from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';
import { isMinor } from '../domain/age.js';
import * as decide from '../domain/case.decider.js';
import { openReferralsIn } from '../domain/open-referrals.js';
import type { CorrectionBody, OpeningBody } from './bodies.js';
import { CaseAnswers, caseOf } from './case-answers.js';
import { isMinorNow, needsStatedBy, withoutBlindRemovals } from './case-content.js';
import { CaseWork } from './case-work.js';
import { References } from './references.js';
import { CaseLoader } from './resources.js';

@Injectable()
export class CaseCommands {
  constructor(
    private readonly shell: CommandShell,
    private readonly work: CaseWork,
    private readonly log: EventLog,
    private readonly reader: EventReader,
    private readonly copies: SourceCopies,
    private readonly authorisation: Authorisation,
    private readonly deployment: Deployment,
    private readonly answers: CaseAnswers,
    private readonly references: References,
    private readonly cases: CaseLoader,
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
    return this.work.on(call, body, target, async ({ file, events }) => {
      const stated = await personIn(events, this.reader, needsStatedBy(call.caller.agency));
      const correction = withoutBlindRemovals(byClass(body.person, body.situation), file, {
        stated,
        now: call.receivedAt,
      });
      const minor = await isMinorNow(this.reader, { file, events }, call, correction);
      const personal = { ...correction, texts: { reason: body.reason } };
      return decide.correct({ at: call.receivedAt, minor, personal });
    });
  }

  addNote(call: Call, body: { text: string }, target: CaseRecord): Promise<Answer> {
    return this.work.on(call, body, target, () =>
      decide.addNote({ at: call.receivedAt, noteId: newId(), text: body.text }),
    );
  }

  assign(call: Call, body: { subject: string }, target: CaseRecord): Promise<Answer> {
    return this.work.on(call, body, target, ({ file }) =>
      decide.assign({ at: call.receivedAt, assignee: body.subject }, file),
    );
  }

  /** Closing rests on there being no open referral anywhere, so every sector's log is heard first. */
  close(call: Call, body: { reason: string }, target: CaseRecord): Promise<Answer> {
    return this.work.on(call, body, target, async ({ file }) => {
      await this.copies.requireAllUpTo(call.receivedAt);
      const open = await openReferralsIn(this.log.readLog({ after: 0, caseId: file.caseId }));
      return decide.close({ at: call.receivedAt, reason: body.reason, referralsOpen: open.length > 0 }, file);
    });
  }

  reopen(call: Call, body: { reason: string }, target: CaseRecord): Promise<Answer> {
    return this.work.on(call, body, target, ({ file }) =>
      decide.reopen({ at: call.receivedAt, reason: body.reason }, file),
    );
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
