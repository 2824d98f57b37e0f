import { Deployment } from '@ihala/access';
import { type CaseFile, findConsent } from '@ihala/case-file';
import {
  type Answer,
  Authorisation,
  type Call,
  type CaseRecord,
  EventReader,
  invalid,
  newId,
} from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';
import * as decide from '../domain/case.decider.js';
import { type ConsentBody, exceptionalBases } from './bodies.js';
import { CaseAnswers } from './case-answers.js';
import { isMinorNow, withEnd } from './case-content.js';
import { CaseWork, type Decision } from './case-work.js';
import { caseResource, ConsentLoader, type LoadedConsent } from './resources.js';

@Injectable()
export class ConsentCommands {
  constructor(
    private readonly work: CaseWork,
    private readonly reader: EventReader,
    private readonly authorisation: Authorisation,
    private readonly deployment: Deployment,
    private readonly answers: CaseAnswers,
    private readonly consents: ConsentLoader,
  ) {}

  record(call: Call, body: ConsentBody, target: CaseRecord): Promise<Answer> {
    if (exceptionalBases.includes(body.basis)) {
      this.authorisation.require(call, 'grant-exceptional-consent', caseResource(target.file));
    }
    const recipient = this.deployment.agency(body.recipient);
    if (!recipient) throw invalid([{ path: 'recipient', message: 'no such agency' }]);
    const recipientAllowed = recipient.kinds.some((kind) => kind === 'custody' || kind === 'provider');
    return this.work.on(
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

  move(
    call: Call,
    body: object,
    target: LoadedConsent,
    move: (consent: { at: string; consentId: string }, file: CaseFile) => Decision,
  ): Promise<Answer> {
    const { caseId } = target.file;
    const consentId = target.consent.id;
    return this.work.run(
      call,
      body,
      {
        action: 'work-case',
        loader: this.consents,
        params: { caseId, consentId },
        loaded: target,
        version: (loaded) => loaded.consent.version,
      },
      ({ file }) => move({ at: call.receivedAt, consentId }, file),
      (record) => this.answers.consent(call, record, findConsent(record.file, consentId)!),
    );
  }
}
