import { instant } from '@ihala/contracts';
import {
  Access,
  Authorisation,
  type Call,
  checked,
  Describe,
  DescribeInstant,
  DescribeStream,
  isUuid,
  limitQuery,
  listOf,
  notFound,
  Streaming,
  TheCall,
} from '@ihala/service-kit';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { AuditEvents } from './audit-events.js';
import { Histories } from './histories.js';

const filter = {
  after: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
  source: z.string().max(40).optional(),
  caseId: z.uuid().optional(),
};
const eventsQuery = z.strictObject({ ...filter, limit: limitQuery });
const linesQuery = z.strictObject({
  ...filter,
  limit: z
    .string()
    .regex(/^[1-9]\d{0,14}$/)
    .transform(Number)
    .optional(),
});
const historyQuery = z.strictObject({ asOf: instant().optional() });

const envelope = z.looseObject({ id: z.uuid(), type: z.string() });
const historySchema = z.looseObject({
  case: z.looseObject({}),
  referrals: z.array(z.looseObject({})),
  completeUpTo: z.record(z.string(), z.string()),
});

@Controller('v1/audit')
export class AuditController {
  constructor(
    private readonly events: AuditEvents,
    private readonly histories: Histories,
    private readonly authorisation: Authorisation,
  ) {}

  @Get('events')
  @Access('read-audit')
  @Describe('Whole envelopes, oldest first, sealed parts still sealed', 200, listOf(envelope))
  find(@TheCall() call: Call, @Query({ schema: eventsQuery }) query: z.infer<typeof eventsQuery>): Promise<object> {
    return this.events.page(query, this.only(call));
  }

  @Get('events.ndjson')
  @Access('read-audit')
  @DescribeStream('The same in one go, one envelope a line', 'application/x-ndjson', envelope)
  async stream(
    @TheCall() call: Call,
    @Query({ schema: linesQuery }) query: z.infer<typeof linesQuery>,
  ): Promise<Streaming> {
    const end = await this.events.settled();
    return new Streaming('application/x-ndjson', () => this.events.lines(query, end, this.only(call)));
  }

  @Get('cases/:caseId/history')
  @Access('read-audit')
  @Describe('A case and its referrals as they stood at an instant, without personal data', 200, historySchema)
  @DescribeInstant(
    'asOf',
    'What was recorded by then (`recordedAt` of the events), now if left out; 404 before the opening was',
  )
  async history(@TheCall() call: Call, @Param('caseId') caseId: string, @Query() query: object): Promise<object> {
    if (!isUuid(caseId)) throw notFound('case');
    const events = await this.histories.find(caseId.toLowerCase(), call.receivedAt);
    const { asOf = call.receivedAt } = checked(historyQuery, query);
    return this.histories.asOf(asOf, call.receivedAt, events, this.only(call));
  }

  /** Undefined for auditors who read everything; the others read their own agency's, or their units', doings. */
  private only(call: Call): Pick<Call['caller'], 'agency' | 'units'> | undefined {
    return this.authorisation.permits(call, 'read-whole-audit', { type: 'Desk' }) ? undefined : call.caller;
  }
}
