import type { CaseFile } from '@ihala/case-file';
import { caseStream } from '@ihala/case-file';
import { EventLog, type RecordedEvent } from '@ihala/event-log';
import {
  type Call,
  foldCase,
  foldReferral,
  notFound,
  Problem,
  referralFacts,
  referralIn,
  Service,
  SourceCopies,
} from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';

/** A case and its referrals as they stood at an instant, from what their services had recorded by then. */
@Injectable()
export class Histories {
  constructor(
    private readonly log: EventLog,
    private readonly copies: SourceCopies,
    private readonly service: Service,
  ) {}

  /** Everything heard about a case. @throws Problem 404 when that is nothing; 503 when it may not have been heard of yet */
  async find(caseId: string, now: string): Promise<readonly RecordedEvent[]> {
    const late = await this.copies.requireAllUpTo(now).then(
      () => undefined,
      (error: Problem) => error,
    );
    const events = await Array.fromAsync(this.log.readLog({ after: 0, caseId }));
    if (events.length === 0) throw late ?? notFound('case');
    return events;
  }

  /**
   * @param asOf RFC 3339; after `now` it means now @param only whose auditor asks, if not one who reads everything
   * @throws Problem 404 before the case existed, or when another agency held it
   */
  async asOf(asOf: string, now: string, events: readonly RecordedEvent[], only?: Reader): Promise<object> {
    const until = asOf < now ? asOf : now;
    const known = events.filter((event) => event.recordedAt <= until);
    const streams = Map.groupBy(known, (event) => event.stream);
    const record = foldCase(known.filter((event) => event.stream === caseStream(event.caseId ?? '')));
    if (!record || (only && !holds(only, record.file))) throw notFound('case');
    const referrals = [...streams].filter(([stream]) => referralIn(stream));
    return {
      asOf: until,
      case: caseFacts(record.file),
      referrals: referrals.map(([, own]) => referralFacts(foldReferral(own))),
      completeUpTo: await this.completeUpTo(),
    };
  }

  private async completeUpTo(): Promise<Record<string, string>> {
    const instants = await Promise.all(
      [...this.service.observers].map(async ([source, observer]) => [source, await observer.completeUpTo()] as const),
    );
    return Object.fromEntries(instants.filter((entry): entry is [string, string] => entry[1] !== undefined));
  }
}

type Reader = Pick<Call['caller'], 'agency' | 'units'>;
const holds = ({ agency, units }: Reader, { custody, unit }: CaseFile): boolean =>
  custody.agency === agency && (units.length === 0 || (unit !== undefined && units.includes(unit)));

function caseFacts({ caseId, custody, channel, region, ...file }: CaseFile): object {
  return { id: caseId, custodian: custody.agency, ...file, reception: { channel, region } };
}
