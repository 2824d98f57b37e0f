import { randomBytes } from 'node:crypto';
import { EventLog } from '@ihala/event-log';
import type { Plan } from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';
import { caseReference } from '../domain/reference.js';

const tries = 4;

/** Spoken references are short, so they collide; a stream of its own makes each one's first taker its only one. */
@Injectable()
export class References {
  constructor(private readonly log: EventLog) {}

  /** A free reference, and the write that takes it in the same commit as the case. Grows when a length fills up. */
  async take(caseId: string, now: string): Promise<{ reference: string; write: Plan['writes'][number] }> {
    for (let length = 4; ; length += 1) {
      for (let attempt = 0; attempt < tries; attempt += 1) {
        const reference = caseReference(Number(now.slice(0, 4)), randomBytes(length));
        const stream = `cases/reference-${reference}`;
        if (await this.isFree(stream)) {
          const events = [{ type: 'ReferenceTaken', data: { caseId } }] as const;
          return { reference, write: { stream, expectedVersion: 0, events } };
        }
      }
    }
  }

  private async isFree(stream: string): Promise<boolean> {
    for await (const _ of this.log.readStream(stream, { to: 1 })) return false;
    return true;
  }
}
