import { EventLog, type RecordedEvent } from '@ihala/event-log';
import {
  Authorisation,
  type Call,
  Cursors,
  type Language,
  type LiveSource,
  LiveStreams,
  Problem,
  referralIn,
  type Streaming,
  summaryOf,
} from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';
import { CaseNews } from './case-news.js';
import { CaseLoader } from './resources.js';

/** How many events go out in one write, judged together. */
const liveBatch = 50;

/** What happened to a case in all services, read straight from the log: always current, oldest first, codes only. */
@Injectable()
export class Timeline {
  constructor(
    private readonly log: EventLog,
    private readonly cursors: Cursors,
    private readonly cases: CaseLoader,
    private readonly authorisation: Authorisation,
    private readonly news: CaseNews,
    private readonly streams: LiveStreams,
  ) {}

  async page(caseId: string, call: Call, query: { limit: number; cursor?: string }): Promise<object> {
    const list = listOf(caseId, call);
    const after = Number(this.cursors.decode(list, query.cursor)?.value ?? 0);
    const found = await Array.fromAsync(this.log.readLog({ after, limit: query.limit + 1, caseId }));
    const events = found.slice(0, query.limit);
    const last = events.at(-1);
    const end = found.length > query.limit && last ? endAt(last) : undefined;
    return { items: events.map((event) => item(event, call.language)), next: this.cursors.encode(list, end) };
  }

  /**
   * The same items as they come. A message's id is the cursor of its place: it goes for the list as well.
   * @param lastEventId where a reader that was cut off goes on; it knows better than `cursor`, with which it began
   * @throws Problem 400 when either is not of this timeline
   */
  live(caseId: string, call: Call, { cursor, lastEventId }: { cursor?: string; lastEventId?: string }): Streaming {
    const list = listOf(caseId, call);
    const begun = this.cursors.decode(list, cursor);
    const reached = this.cursors.decode(list, lastEventId || undefined, 'Last-Event-ID');
    const source: LiveSource = {
      after: Number((reached ?? begun)?.value ?? 0),
      until: call.caller.expiresAt,
      onNews: (wake) => this.news.onNews(caseId, wake),
      page: async (after) => {
        const events = await Array.fromAsync(this.log.readLog({ after, limit: liveBatch, caseId }));
        const messages = events.map((event) => ({
          id: this.cursors.encode(list, endAt(event)),
          data: item(event, call.language),
        }));
        return { messages, end: events.at(-1)?.position ?? after };
      },
      mayStillSee: () => this.isCustodians(caseId, call),
    };
    return this.streams.follow(source);
  }

  /** Judged by the newest facts: a case that was handed over is as unknown to its former custodian as any other. */
  private async isCustodians(caseId: string, call: Call): Promise<boolean> {
    try {
      await this.authorisation.admit(call, 'work-case', { loader: this.cases, params: { caseId } });
      return true;
    } catch (error) {
      if (error instanceof Problem) return false;
      throw error;
    }
  }
}

const listOf = (caseId: string, { caller }: Call): string => `timeline/${caseId}/${caller.agency}`;
const endAt = ({ position, id }: RecordedEvent) => ({ value: position, id });

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
    referralId: referralIn(event.stream) ?? event.data['referralId'],
    transferId: event.data['transferId'],
    consentId: event.data['consentId'],
  };
}
