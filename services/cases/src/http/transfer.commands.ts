import { Deployment } from '@ihala/access';
import type { CaseFile } from '@ihala/case-file';
import { type Answer, type Call, type CaseRecord, invalid, newId } from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';
import * as decide from '../domain/case.decider.js';
import type { TransferBody } from './bodies.js';
import { CaseAnswers } from './case-answers.js';
import { CaseWork, type Decision } from './case-work.js';
import { type LoadedTransfer, TransferLoader } from './resources.js';

@Injectable()
export class TransferCommands {
  constructor(
    private readonly work: CaseWork,
    private readonly deployment: Deployment,
    private readonly answers: CaseAnswers,
    private readonly transfers: TransferLoader,
  ) {}

  propose(call: Call, body: TransferBody, target: CaseRecord): Promise<Answer> {
    const { unit, ...terms } = body;
    const holdsCustody = this.deployment.agency(body.to)?.kinds.includes('custody') ?? false;
    if (unit && !this.deployment.isUnitOf(body.to, unit)) throw invalid([{ path: 'unit', message: 'no such unit' }]);
    return this.work.on(
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

  move(
    call: Call,
    body: object,
    action: 'answer-transfer' | 'withdraw-transfer',
    target: LoadedTransfer,
    move: (transfer: { at: string; transferId: string }, file: CaseFile) => Decision,
  ): Promise<Answer> {
    const transferId = target.transfer.id;
    const params = { caseId: target.file.caseId, transferId };
    return this.work.run(
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
}
