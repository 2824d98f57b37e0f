import { Access, Answer, type Call, type CaseRecord, Describe, listOf, Loaded, TheCall } from '@ihala/service-kit';
import { Body, Controller, Get, Post } from '@nestjs/common';
import { type ConsentBody, consentBody } from './bodies.js';
import { CaseCommands } from './case.commands.js';
import { CaseRepresentations } from './case.representation.js';
import { CaseLoader, ConsentLoader, type LoadedConsent } from './resources.js';
import { consentSchema } from './schemas.js';

@Controller('v1/cases/:caseId/consents')
export class ConsentsController {
  constructor(
    private readonly commands: CaseCommands,
    private readonly representations: CaseRepresentations,
  ) {}

  @Post()
  @Access('work-case', CaseLoader)
  @Describe("Record the person's consent", 201, consentSchema)
  record(
    @TheCall() call: Call,
    @Loaded() record: CaseRecord,
    @Body({ schema: consentBody }) body: ConsentBody,
  ): Promise<Answer> {
    return this.commands.recordConsent(call, body, record);
  }

  @Get()
  @Access('work-case', CaseLoader)
  @Describe('The consents of a case, oldest first', 200, listOf(consentSchema))
  async all(@TheCall() call: Call, @Loaded() record: CaseRecord): Promise<object> {
    const { consents } = record.file;
    return { items: await this.representations.consents(record, consents, call), next: null };
  }

  @Get(':consentId')
  @Access('work-case', ConsentLoader)
  @Describe('A consent', 200, consentSchema)
  async read(@TheCall() call: Call, @Loaded() { consent, ...record }: LoadedConsent): Promise<Answer> {
    const [body] = await this.representations.consents(record, [consent], call);
    return new Answer(body!, { version: consent.version });
  }
}
