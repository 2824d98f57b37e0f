import { EventLog, type RecordedEvent } from '@ihala/event-log';
import { type Call, Cursors, type Language, summaryOf } from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';

/** What happened to a case in all services, read straight from the log: always current, oldest first, codes only. */
@Injectable()
export class Timeline {
  constructor(
    private readonly log: EventLog,
    private readonly cursors: Cursors,
  ) {}

  async page(caseId: string, call: Call, query: { limit: number; cursor?: string }): Promise<object> {
    const list = `timeline/${caseId}/${call.caller.agency}`;
    const after = Number(this.cursors.decode(list, query.cursor)?.value ?? 0);
    const found = await Array.fromAsync(this.log.readLog({ after, limit: query.limit + 1, caseId }));
    const events = found.slice(0, query.limit);
    const last = events.at(-1);
    const end = found.length > query.limit && last ? { value: last.position, id: last.id } : undefined;
    return { items: events.map((event) => item(event, call.language)), next: this.cursors.encode(list, end) };
  }
}

function item(event: RecordedEvent, language: Language): object {
  const { agency, unit, role } = event.actor;
  const source = event.source ?? 'cases';
  return {
    id: event.id,
    at: event.recordedAt,
    source,
    type: event.type,
    summary: summaryOf(event.type, language),
    actor: { agency, unit, role },
    referralId: referralOf(event) ?? event.data['referralId'],
    transferId: event.data['transferId'],
    consentId: event.data['consentId'],
  };
}

const referralOf = (event: RecordedEvent): string | undefined => /\/referral-(.+)$/.exec(event.stream)?.[1];
