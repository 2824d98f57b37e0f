import { text } from '@ihala/contracts';
import { EventLog, type ParkedErrand, ReactionStore } from '@ihala/event-log';
import { Body, Controller, Get, HttpCode, Param, Post, Query, type Type } from '@nestjs/common';
import { z } from 'zod';
import { CommandShell } from '../commands.js';
import { Access, TheCall } from '../http/access.guard.js';
import { Answer } from '../http/answer.js';
import type { Call } from '../http/call.js';
import { Describe, listOf } from '../http/describe.js';
import { Cursors, pageQuery } from '../http/paging.js';
import { notFound } from '../http/problem.js';
import { problemTitles } from '../http/problem-titles.js';
import { Service } from '../service.js';

const parkedSchema = z
  .looseObject({
    id: z.string(),
    status: z.enum(['parked', 'done', 'skipped']),
    reaction: z.string(),
    occasionType: z.string(),
    target: z.string(),
    code: z.string(),
    attempts: z.int(),
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
      return { items: items.map((item) => shown(item, 'parked', call)), next };
    }

    @Post(':parkedId/retry')
    @HttpCode(200)
    @Access('operate')
    @Describe('Try it once more, and what waits behind it', 200, parkedSchema)
    async retry(
      @TheCall() call: Call,
      @Param('parkedId') id: string,
      @Body({ schema: nothing }) _body: z.infer<typeof nothing>,
    ): Promise<Answer> {
      const parked = await this.find(id);
      const still = await this.running.followUps?.retry(parked);
      return new Answer(still ? shown(still, 'parked', call) : shown(parked, 'done', call));
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
      const stream = `${service}/parked-${id}`;
      const recorded = await this.store.find(id);
      return this.shell.run(call, body, {
        decide: async () => {
          const { caseId, reaction, code } = recorded ?? (await this.find(id));
          // recorded before, but not taken out: the process ended in between
          const written = (await Array.fromAsync(this.log.readStream(stream))).length;
          const data = { reaction, code, at: call.receivedAt };
          const skipped = { type: 'ErrandSkipped', data, personal: { texts: body } };
          return { writes: [{ stream, caseId, expectedVersion: written, events: written > 0 ? [] : [skipped] }] };
        },
        answer: async (versions) => {
          if (recorded) await this.running.followUps?.skip(recorded);
          return { body: { id, status: 'skipped', allowedActions: [] }, version: versions[0]!.version };
        },
      });
    }

    private async find(id: string): Promise<ParkedErrand> {
      const parked = await this.store.find(id);
      if (!parked) throw notFound('parked');
      return parked;
    }
  }
  // Each operation of the description is named after its controller, and no two may share a name.
  Object.defineProperty(ParkedController, 'name', { value: `${service}_ParkedController` });
  return ParkedController;
}

function shown({ occasion: _, ...parked }: ParkedErrand, status: 'parked' | 'done', { language }: Call): object {
  const { title, detail } = (problemTitles[parked.code] ?? problemTitles['errand.failed']!)[language];
  const allowedActions = status === 'parked' ? ['retry', 'skip'] : [];
  return { ...parked, status, title, detail, allowedActions };
}
