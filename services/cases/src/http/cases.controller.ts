import { unitName } from '@ihala/contracts';
import {
  Access,
  Answer,
  type Call,
  type CaseRecord,
  Describe,
  DescribeLive,
  listOf,
  Loaded,
  pageQuery,
  type Streaming,
  TheCall,
} from '@ihala/service-kit';
import { Body, Controller, Get, Headers, HttpCode, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { CaseList, type CaseListQuery } from '../views/cases.view.js';
import {
  assignmentBody,
  type CorrectionBody,
  correctionBody,
  noteBody,
  type OpeningBody,
  openingBody,
  reasonBody,
} from './bodies.js';
import { CaseCommands } from './case.commands.js';
import { CaseRepresentations } from './case.representation.js';
import { caseSchema, timelineItemSchema } from './schemas.js';
import { CaseLoader } from './resources.js';
import { Timeline } from './timeline.js';

const listQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(['open', 'closed']).optional(),
  unit: unitName.optional(),
  reference: z.string().max(20).optional(),
});
const timelineQuery = z.strictObject(pageQuery);
const liveQuery = z.strictObject({ cursor: pageQuery.cursor });

@Controller('v1/cases')
export class CasesController {
  constructor(
    private readonly commands: CaseCommands,
    private readonly representations: CaseRepresentations,
    private readonly list: CaseList,
    private readonly timeline: Timeline,
  ) {}

  @Post()
  @Access('open-case')
  @Describe('Open a case', 201, caseSchema)
  open(@TheCall() call: Call, @Body({ schema: openingBody }) body: OpeningBody): Promise<Answer> {
    return this.commands.open(call, body);
  }

  @Get()
  @Access('list-cases')
  @Describe("The agency's cases, newest first", 200, listOf(caseSchema))
  find(@TheCall() call: Call, @Query({ schema: listQuery }) query: CaseListQuery): Promise<object> {
    return this.list.page(call, query);
  }

  @Get(':caseId')
  @Access('view-case', CaseLoader)
  @Describe('A case, as far as the caller may see it', 200, caseSchema)
  async read(@TheCall() call: Call, @Loaded() record: CaseRecord): Promise<Answer> {
    return new Answer(await this.representations.case(record, call), { version: record.file.version });
  }

  @Post(':caseId/corrections')
  @HttpCode(200)
  @Access('work-case', CaseLoader)
  @Describe('Correct what is recorded', 200, caseSchema)
  correct(
    @TheCall() call: Call,
    @Loaded() record: CaseRecord,
    @Body({ schema: correctionBody }) body: CorrectionBody,
  ): Promise<Answer> {
    return this.commands.correct(call, body, record);
  }

  @Post(':caseId/notes')
  @HttpCode(200)
  @Access('work-case', CaseLoader)
  @Describe("Add a note, for one's own agency only", 200, caseSchema)
  addNote(
    @TheCall() call: Call,
    @Loaded() record: CaseRecord,
    @Body({ schema: noteBody }) body: z.infer<typeof noteBody>,
  ): Promise<Answer> {
    return this.commands.addNote(call, body, record);
  }

  @Post(':caseId/assignment')
  @HttpCode(200)
  @Access('work-case', CaseLoader)
  @Describe('Assign the case to a colleague', 200, caseSchema)
  assign(
    @TheCall() call: Call,
    @Loaded() record: CaseRecord,
    @Body({ schema: assignmentBody }) body: z.infer<typeof assignmentBody>,
  ): Promise<Answer> {
    return this.commands.assign(call, body, record);
  }

  @Post(':caseId/closure')
  @HttpCode(200)
  @Access('work-case', CaseLoader)
  @Describe('Close a case that has no open work', 200, caseSchema)
  close(
    @TheCall() call: Call,
    @Loaded() record: CaseRecord,
    @Body({ schema: reasonBody }) body: z.infer<typeof reasonBody>,
  ): Promise<Answer> {
    return this.commands.close(call, body, record);
  }

  @Post(':caseId/reopening')
  @HttpCode(200)
  @Access('work-case', CaseLoader)
  @Describe('Open a closed case again', 200, caseSchema)
  reopen(
    @TheCall() call: Call,
    @Loaded() record: CaseRecord,
    @Body({ schema: reasonBody }) body: z.infer<typeof reasonBody>,
  ): Promise<Answer> {
    return this.commands.reopen(call, body, record);
  }

  @Get(':caseId/timeline')
  @Access('work-case', CaseLoader)
  @Describe('Everything that happened to the case in all services, oldest first', 200, listOf(timelineItemSchema))
  events(
    @TheCall() call: Call,
    @Loaded() record: CaseRecord,
    @Query({ schema: timelineQuery }) query: z.infer<typeof timelineQuery>,
  ): Promise<object> {
    return this.timeline.page(record.file.caseId, call, query);
  }

  @Get(':caseId/timeline/live')
  @Access('work-case', CaseLoader)
  @DescribeLive('The timeline from its beginning, or from where the reader was, and on as it grows', timelineItemSchema)
  live(
    @TheCall() call: Call,
    @Loaded() record: CaseRecord,
    @Query({ schema: liveQuery }) query: z.infer<typeof liveQuery>,
    @Headers('last-event-id') lastEventId?: string,
  ): Streaming {
    return this.timeline.live(record.file.caseId, call, { ...query, lastEventId });
  }
}
