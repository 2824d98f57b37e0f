import {
  Access,
  Answer,
  type Call,
  type CaseRecord,
  Describe,
  listOf,
  Loaded,
  pageQuery,
  TheCall,
} from '@ihala/service-kit';
import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { acceptTransfer, refuseTransfer, withdrawTransfer } from '../domain/case.decider.js';
import { TransferList, type TransferListQuery } from '../views/transfers.view.js';
import { emptyBody, type TransferBody, transferBody, transferRefusalBody, withdrawalBody } from './bodies.js';
import { TransferCommands } from './transfer.commands.js';
import { CaseRepresentations } from './case.representation.js';
import { CaseLoader, type LoadedTransfer, TransferLoader } from './resources.js';
import { transferSchema } from './schemas.js';

@Controller('v1/cases/:caseId/transfers')
export class TransfersController {
  constructor(
    private readonly commands: TransferCommands,
    private readonly representations: CaseRepresentations,
  ) {}

  @Post()
  @Access('work-case', CaseLoader)
  @Describe('Offer custody to another agency', 201, transferSchema)
  propose(
    @TheCall() call: Call,
    @Loaded() record: CaseRecord,
    @Body({ schema: transferBody }) body: TransferBody,
  ): Promise<Answer> {
    return this.commands.propose(call, body, record);
  }

  @Get(':transferId')
  @Access('view-transfer', TransferLoader)
  @Describe('A transfer, for both its parties', 200, transferSchema)
  async read(@TheCall() call: Call, @Loaded() { transfer, ...record }: LoadedTransfer): Promise<Answer> {
    return new Answer(await this.representations.transfer(record, transfer, call), { version: transfer.version });
  }

  @Post(':transferId/acceptance')
  @HttpCode(200)
  @Access('answer-transfer', TransferLoader)
  @Describe('Accept: custody moves at once', 200, transferSchema)
  accept(
    @TheCall() call: Call,
    @Loaded() target: LoadedTransfer,
    @Body({ schema: emptyBody }) body: z.infer<typeof emptyBody>,
  ): Promise<Answer> {
    const unit = call.caller.units.length === 1 ? call.caller.units[0] : undefined;
    return this.commands.move(call, body, 'answer-transfer', target, (move, file) =>
      acceptTransfer({ ...move, ...(unit && { unit }) }, file),
    );
  }

  @Post(':transferId/refusal')
  @HttpCode(200)
  @Access('answer-transfer', TransferLoader)
  @Describe('Refuse custody', 200, transferSchema)
  refuse(
    @TheCall() call: Call,
    @Loaded() target: LoadedTransfer,
    @Body({ schema: transferRefusalBody }) body: z.infer<typeof transferRefusalBody>,
  ): Promise<Answer> {
    return this.commands.move(call, body, 'answer-transfer', target, (move, file) =>
      refuseTransfer({ ...move, ...body }, file),
    );
  }

  @Post(':transferId/withdrawal')
  @HttpCode(200)
  @Access('withdraw-transfer', TransferLoader)
  @Describe('Take the offer back', 200, transferSchema)
  withdraw(
    @TheCall() call: Call,
    @Loaded() target: LoadedTransfer,
    @Body({ schema: withdrawalBody }) body: z.infer<typeof withdrawalBody>,
  ): Promise<Answer> {
    return this.commands.move(call, body, 'withdraw-transfer', target, (move, file) =>
      withdrawTransfer({ ...move, ...body }, file),
    );
  }
}

const listQuery = z.strictObject({
  ...pageQuery,
  direction: z.enum(['incoming', 'outgoing']).optional(),
  status: z.enum(['proposed', 'accepted', 'refused', 'withdrawn']).optional(),
});

@Controller('v1/transfers')
export class TransferWorklistController {
  constructor(private readonly list: TransferList) {}

  @Get()
  @Access('list-transfers')
  @Describe("The agency's transfers, newest first", 200, listOf(transferSchema))
  find(@TheCall() call: Call, @Query({ schema: listQuery }) query: TransferListQuery): Promise<object> {
    return this.list.page(call, query);
  }
}
