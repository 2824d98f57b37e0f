import { text } from '@ihala/contracts';
import { EventLog, type ParkedErrand, ReactionStore } from '@ihala/event-log';
import { Body, Controller, Get, HttpCode, Param, Post, Query, type Type } from '@nestjs/common';
import { z } from 'zod';
import { CommandShell } from '../commands.js';
import { Access, TheCall } from '../http/access.guard.js';
import type { Answer } from '../http/answer.js';
import { type Call, requireMatch } from '../http/call.js';
import { Describe, listOf } from '../http/describe.js';
import { Cursors, pageQuery } from '../http/paging.js';
import { notFound } from '../http/problem.js';
import { problemTitles } from '../http/problem-titles.js';
import { Service } from '../service.js';

const parkedSchema = z
  .looseObject({
    id: z.string(),
    status: z.enum(['parked', 'done', 'skipped']),
    /** changes with each attempt; 0: it is parked no more, and nothing else is told of it */
    version: z.int(),
    reaction: z.string().optional(),
    occasionType: z.string().optional(),
    target: z.string().optional(),
    code: z.string().optional(),
    attempts: z.int().optional(),
    allowedActions: z.array(z.string()),
  })
  .meta({ id: 'ParkedErrand' });
const listQuery = z.strictObject(pageQuery);
const nothing = z.strictObject({});
const skipBody = z.strictObject({ reason: text(2000) }).meta({ id: 'ErrandSkipping' });

/** What a service could not carry out of itself, for its administrators: ids and codes only. */
export function parkedController(service: string): Type {
  @Controller(`v1/${service}/parked`)
  class ParkedController {
    constructor(
      private readonly running: Service,
      private readonly store: ReactionStore,
      private readonly log: EventLog,
      private readonly shell: CommandShell,
      private readonly cursors: Cursors,
    ) {}

    @Get()
    @Access('operate')
    @Describe('What waits for an operator, the last first', 200, listOf(parkedSchema))
    async list(@TheCall() call: Call, @Query({ schema: listQuery }) query: z.infer<typeof listQuery>): Promise<object> {
      const list = `parked/${service}/${call.caller.agency}`;
      const before = this.cursors.decode(list, query.cursor)?.value as number | undefined;
      const { items, end } = await this.store.list(query.limit, before);
      const next = this.cursors.encode(list, end === undefined ? undefined : { value: end, id: '' });
      return { items: items.map((item) => shown(item, call)), next };
    }

    @Post(':parkedId/retry')
    @HttpCode(200)
    @Access('operate')
    @Describe('Try it once more, and what waits behind it', 200, parkedSchema)
    retry(
      @TheCall() call: Call,
      @Param('parkedId') id: string,
      @Body({ schema: nothing }) body: z.infer<typeof nothing>,
    ): Promise<Answer> {
      return this.shell.run(call, body, {
        // Nothing is written but that this was asked: what the errand does it writes itself, once however often it is tried.
        decide: async () => {
          await this.find(id, call);
          return { writes: [{ ...(await this.doings(id)), events: [] }] };
        },
        answer: async (_versions, replayed) => {
          const parked = await this.store.find(id);
          const { followUps } = this.running;
          const still = parked && followUps && !replayed ? await followUps.retry(parked) : parked;
          if (still) return { body: shown(still, call), version: versionOf(still) };
          return over(id, (await this.doings(id)).expectedVersion > 0 ? 'skipped' : 'done');
        },
      });
    }

    @Post(':parkedId/skip')
    @HttpCode(200)
    @Access('operate')
    @Describe('Give up on it, for a reason that is kept; what waits behind it goes on', 200, parkedSchema)
    async skip(
      @TheCall() call: Call,
      @Param('parkedId') id: string,
      @Body({ schema: skipBody }) body: z.infer<typeof skipBody>,
    ): Promise<Answer> {
      const recorded = await this.store.find(id);
      return this.shell.run(call, body, {
        decide: async () => {
          const { caseId, reaction, code } = await this.find(id, call);
          const doings = await this.doings(id);
          const data = { reaction, code, at: call.receivedAt };
          const skipped = { type: 'ErrandSkipped', data, personal: { texts: body } };
          // recorded before, but not taken out: the process ended in between
          return { writes: [{ ...doings, caseId, events: doings.expectedVersion > 0 ? [] : [skipped] }] };
        },
        answer: async () => {
          if (recorded) await this.running.followUps?.skip(recorded);
          return over(id, 'skipped');
        },
      });
    }

    /** What operators did about it: the stream, and how far it goes. */
    private async doings(id: string) {
      const stream = `${service}/parked-${id}`;
      return { stream, expectedVersion: (await Array.fromAsync(this.log.readStream(stream))).length };
    }

    /** @throws Problem 404, 412 */
    private async find(id: string, call: Call): Promise<ParkedErrand> {
      const parked = await this.store.find(id);
      if (!parked) throw notFound('parked');
      requireMatch(call, versionOf(parked));
      return parked;
    }
  }
  // Each operation of the description is named after its controller, and no two may share a name.
  Object.defineProperty(ParkedController, 'name', { value: `${service}_ParkedController` });
  return ParkedController;
}

const versionOf = ({ attempts }: ParkedErrand): number => attempts + 1;

function shown(errand: ParkedErrand, { language }: Call): object {
  const { occasion: _, ...parked } = errand;
  const { title, detail } = (problemTitles[parked.code] ?? problemTitles['errand.failed']!)[language];
  return { ...parked, status: 'parked', version: versionOf(errand), title, detail, allowedActions: ['retry', 'skip'] };
}

const over = (id: string, status: 'done' | 'skipped') => ({
  body: { id, status, version: 0, allowedActions: [] },
  version: 0,
});
