import type { Action } from '@ihala/access';
import type { CaseEvent } from '@ihala/case-file';
import { isRefusal, type Refusal } from '@ihala/decider';
import {
  type Answer,
  type Answered,
  Authorisation,
  type Call,
  type CaseRecord,
  CommandShell,
  requireMatch,
  type ResourceLoader,
  Service,
} from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';
import { planFor } from '../case-plan.js';
import { CaseAnswers } from './case-answers.js';
import { CaseLoader } from './resources.js';

/** What sectors have to act on before its caller may rely on it: who shall see nothing any more, or who answers for the case now. */
const bindsOthers: ReadonlySet<CaseEvent['type']> = new Set(['ConsentWithdrawn', 'TransferAccepted'] as const);

export type Decision = readonly CaseEvent[] | Refusal;

/** What a command is about: found and authorised by the guard, and found and authorised again when it has to retry. */
interface Target<Loaded extends CaseRecord> {
  readonly action: Action;
  readonly loader: ResourceLoader<Loaded>;
  readonly params: Record<string, string>;
  readonly loaded: Loaded;
  readonly version: (loaded: Loaded) => number;
}

/** Every command on a case that is there: authorised, decided on its newest version, answered as of what it wrote. */
@Injectable()
export class CaseWork {
  constructor(
    private readonly shell: CommandShell,
    private readonly authorisation: Authorisation,
    private readonly answers: CaseAnswers,
    private readonly cases: CaseLoader,
    private readonly service: Service,
  ) {}

  /** On the case itself, by its custodian. */
  on(
    call: Call,
    body: unknown,
    loaded: CaseRecord,
    decision: (record: CaseRecord) => Decision | Promise<Decision>,
    answer?: (record: CaseRecord) => Promise<Answered>,
  ): Promise<Answer> {
    const target = { action: 'work-case', loader: this.cases, params: { caseId: loaded.file.caseId }, loaded } as const;
    return this.run(call, body, { ...target, version: ({ file }) => file.version }, decision, answer);
  }

  /** On the case or a part of it. */
  async run<Loaded extends CaseRecord>(
    call: Call,
    body: unknown,
    target: Target<Loaded>,
    decision: (loaded: Loaded) => Decision | Promise<Decision>,
    answer?: (record: CaseRecord) => Promise<Answered>,
  ): Promise<Answer> {
    let binding = false;
    const done = await this.shell.run(call, body, {
      decide: async (retry) => {
        const loaded = retry
          ? ((await this.authorisation.admit(call, target.action, target)) as Loaded)
          : target.loaded;
        requireMatch(call, target.version(loaded));
        const events = await decision(loaded);
        if (isRefusal(events)) return events;
        binding = events.some(({ type }) => bindsOthers.has(type));
        return planFor(loaded.file, events);
      },
      answer: async (versions) =>
        answer ? answer(await this.answers.at(versions)) : this.answers.case(call, versions),
    });
    if (binding) await this.service.spread();
    return done;
  }
}
