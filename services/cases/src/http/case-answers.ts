import { caseStream, type Consent, type Transfer } from '@ihala/case-file';
import type { Versions } from '@ihala/event-log';
import type { Answered, Call, CaseRecord } from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';
import { CaseRepresentations } from './case.representation.js';
import { CaseLoader } from './resources.js';

/** What a command answers: the resource as of the version that it wrote. */
@Injectable()
export class CaseAnswers {
  constructor(
    private readonly cases: CaseLoader,
    private readonly representations: CaseRepresentations,
  ) {}

  async at(versions: Versions): Promise<CaseRecord> {
    return (await this.cases.load(caseOf(versions), versions[0]!.version))!;
  }

  /** The case as of that version, as the caller may see it now: a repeat may come long after. */
  async case(call: Call, versions: Versions, created?: 'created'): Promise<Answered> {
    const newest = (await this.cases.load(caseOf(versions)))!;
    const { version } = versions[0]!;
    const record = newest.file.version === version ? newest : await this.at(versions);
    const body = await this.representations.case(record, call, newest.file);
    return { body, version, ...(created && { location: `/v1/cases/${newest.file.caseId}` }) };
  }

  async consent(call: Call, record: CaseRecord, consent: Consent, created?: 'created'): Promise<Answered> {
    const [body] = await this.representations.consents(record, [consent], call);
    const location = `/v1/cases/${record.file.caseId}/consents/${consent.id}`;
    return { body: body!, version: consent.version, ...(created && { location }) };
  }

  async transfer(call: Call, record: CaseRecord, transfer: Transfer, created?: 'created'): Promise<Answered> {
    const body = await this.representations.transfer(record, transfer, call);
    const location = `/v1/cases/${record.file.caseId}/transfers/${transfer.id}`;
    return { body, version: transfer.version, ...(created && { location }) };
  }
}

export const caseOf = ([write]: Versions) => ({ caseId: write!.stream.slice(caseStream('').length) });
