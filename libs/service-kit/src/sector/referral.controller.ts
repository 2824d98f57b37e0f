import { codeName, unitName } from '@ihala/contracts';
import { describeMove, moversOf, type ReferralAction, referralActions, referralStatuses } from '@ihala/referral';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, type Type } from '@nestjs/common';
import { ApiBody } from '@nestjs/swagger';
import { z } from 'zod';
import { Access, Loaded, TheCall, UnreadBody } from '../http/access.guard.js';
import { Answer } from '../http/answer.js';
import type { Call } from '../http/call.js';
import { Describe, listOf } from '../http/describe.js';
import { Cursors, pageQuery } from '../http/paging.js';
import type { Catalogue } from './catalogue.js';
import { commonBody, type RedirectionBody, redirectionBody, type SendingBody, sendingBody } from './referral.bodies.js';
import { ReferralCommands } from './referral.commands.js';
import { CATALOGUE, ReferralLoader, type ReferralRecord } from './referral-record.js';
import { ReferralRepresentations } from './referral.representation.js';
import { ReferralList, type ReferralListQuery } from './referrals.view.js';
import { serviceList } from './service-list.js';

export const referralSchema = z
  .looseObject({
    id: z.uuid(),
    caseId: z.uuid(),
    sector: z.string(),
    service: z.string(),
    sender: z.string(),
    receiver: z.string(),
    urgency: z.string(),
    status: z.enum(referralStatuses),
    sentAt: z.iso.datetime(),
    answerDueAt: z.iso.datetime().optional(),
    overdue: z.boolean(),
    version: z.int(),
    person: z.looseObject({}).optional(),
    reason: z.string().optional(),
    follows: z.uuid().optional(),
    allowedActions: z.array(z.string()),
  })
  .meta({ id: 'Referral' });

const listQuery = z.strictObject({
  ...pageQuery,
  direction: z.enum(['incoming', 'outgoing']).optional(),
  status: z.enum(referralStatuses).optional(),
  overdue: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
  caseId: z.uuid().toLowerCase().optional(),
  service: codeName.optional(),
  unit: unitName.optional(),
  assignee: z.string().min(1).max(255).optional(),
});
const eventsQuery = z.strictObject(pageQuery);

/**
 * The routes of one sector: the same protocol everywhere, the services from its catalogue.
 * @param sectors all that there are
 */
export function referralController({ sector }: Pick<Catalogue, 'sector'>, sectors: readonly string[]): Type {
  @Controller(`v1/${sector}`)
  class ReferralController {
    constructor(
      @Inject(CATALOGUE) private readonly catalogue: Catalogue,
      readonly commands: ReferralCommands,
      private readonly representations: ReferralRepresentations,
      private readonly list: ReferralList,
      private readonly cursors: Cursors,
    ) {}

    @Get('services')
    @Access('list-services')
    @Describe('What this sector offers', 200, listOf(z.looseObject({ code: z.string() })))
    services(@TheCall() call: Call): object {
      return serviceList(this.catalogue, call.language);
    }

    @Post('referrals')
    @Access('send-referral')
    @Describe('Refer a person to a service', 201, referralSchema)
    send(@TheCall() call: Call, @Body({ schema: sendingBody }) body: SendingBody): Promise<Answer> {
      return this.commands.send(call, body);
    }

    @Get('referrals')
    @Access('list-referrals', undefined, { sector })
    @Describe("The agency's referrals, newest first", 200, listOf(referralSchema))
    find(@TheCall() call: Call, @Query({ schema: listQuery }) query: ReferralListQuery): Promise<object> {
      return this.list.page(call, query);
    }

    @Get('referrals/:referralId')
    @Access('view-referral', ReferralLoader)
    @Describe('A referral, as far as the caller may see it', 200, referralSchema)
    async read(@TheCall() call: Call, @Loaded() record: ReferralRecord): Promise<Answer> {
      return new Answer(await this.representations.referral(record, call), { version: record.state.version });
    }

    @Get('referrals/:referralId/events')
    @Access('view-referral', ReferralLoader)
    @Describe('What happened to a referral, oldest first', 200, listOf(z.looseObject({ type: z.string() })))
    async events(
      @TheCall() call: Call,
      @Loaded() record: ReferralRecord,
      @Query({ schema: eventsQuery }) { limit, cursor }: z.infer<typeof eventsQuery>,
    ): Promise<object> {
      const list = `events/${record.state.referralId}/${call.caller.agency}`;
      const from = Number(this.cursors.decode(list, cursor)?.value ?? 0);
      const items = await this.representations.events(record, record.events.slice(from, from + limit), call);
      const end = record.events.length > from + limit ? { value: from + limit, id: '' } : undefined;
      return { items, next: this.cursors.encode(list, end) };
    }

    @Post('referrals/:referralId/redirection')
    @Access('move-referral', ReferralLoader, { by: moversOf('redirection') })
    @Describe('Send the need to another receiver', 201, referralSchema)
    redirect(
      @TheCall() call: Call,
      @Loaded() record: ReferralRecord,
      @Body({ schema: redirectionBody }) body: RedirectionBody,
    ): Promise<Answer> {
      return this.commands.redirect(call, body, record);
    }

    @Post('referrals/:referralId/steps/:step')
    @HttpCode(200)
    @Access('move-referral', ReferralLoader, { by: moversOf('steps') })
    @Describe('Record a step of the service', 200, referralSchema)
    @ApiBody({ schema: { type: 'object', description: 'The fields that `stepFields` of the service names' } })
    step(
      @TheCall() call: Call,
      @Loaded() record: ReferralRecord,
      @Param('step') step: string,
      @UnreadBody() body: unknown,
    ): Promise<Answer> {
      return this.commands.step(call, step, body, record);
    }
  }
  for (const action of referralActions) {
    if (action !== 'redirection' && action !== 'steps')
      addMove(ReferralController, action, commonBody(action, sectors));
  }
  // Each operation of the description is named after its controller, and no two may share a name.
  Object.defineProperty(ReferralController, 'name', { value: `${sector}_ReferralController` });
  return ReferralController;
}

/** One route a move: the table of the protocol says which there are and whose they are. */
function addMove(controller: Type, action: ReferralAction, body: z.ZodType): void {
  const prototype = controller.prototype as Record<string, unknown>;
  const handler = function (
    this: { commands: ReferralCommands },
    call: Call,
    record: ReferralRecord,
    body: Record<string, unknown>,
  ) {
    return this.commands.move(call, action, body, record);
  };
  Object.defineProperty(handler, 'name', { value: action });
  Object.defineProperty(prototype, action, { value: handler, writable: true, configurable: true });
  const descriptor = Object.getOwnPropertyDescriptor(prototype, action)!;
  TheCall()(prototype, action, 0);
  Loaded()(prototype, action, 1);
  Body({ schema: body })(prototype, action, 2);
  for (const decorate of [
    Post(`referrals/:referralId/${action}`),
    HttpCode(200),
    Access('move-referral', ReferralLoader, { by: moversOf(action) }),
    Describe(describeMove(action), 200, referralSchema),
  ]) {
    decorate(prototype, action, descriptor);
  }
}
