import { Access, Answer, type Call, type CaseRecord, Describe, listOf, Loaded, TheCall } from '@ihala/service-kit';
import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import type { z } from 'zod';
import { confirmConsent, withdrawConsent } from '../domain/case.decider.js';
import { confirmationBody, type ConsentBody, consentBody, withdrawalBody } from './bodies.js';
import { ConsentCommands } from './consent.commands.js';
import { CaseRepresentations } from './case.representation.js';
import { CaseLoader, ConsentLoader, type LoadedConsent } from './resources.js';
import { consentSchema } from './schemas.js';

@Controller('v1/cases/:caseId/consents')
export class ConsentsController {
  constructor(
    private readonly commands: ConsentCommands,
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
    return this.commands.record(call, body, record);
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

  @Post(':consentId/confirmation')
  @HttpCode(200)
  @Access('work-case', ConsentLoader)
  @Describe('What the person says after help that could not wait for their word', 200, consentSchema)
  confirm(
    @TheCall() call: Call,
    @Loaded() target: LoadedConsent,
    @Body({ schema: confirmationBody }) body: z.infer<typeof confirmationBody>,
  ): Promise<Answer> {
    return this.commands.move(call, body, target, (move, file) => confirmConsent({ ...move, ...body }, file));
  }

  @Post(':consentId/withdrawal')
  @HttpCode(200)
  @Access('work-case', ConsentLoader)
  @Describe('The person takes the consent back', 200, consentSchema)
  withdraw(
    @TheCall() call: Call,
    @Loaded() target: LoadedConsent,
    @Body({ schema: withdrawalBody }) body: z.infer<typeof withdrawalBody>,
  ): Promise<Answer> {
    return this.commands.move(call, body, target, (move, file) => withdrawConsent({ ...move, ...body }, file));
  }
}
