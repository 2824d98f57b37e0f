import type { CaseFile } from '@ihala/case-file';
import { caseStream } from '@ihala/case-file';
import { EventLog, type RecordedEvent } from '@ihala/event-log';
import { foldCase, foldReferral, notFound, Problem, referralFacts, Service, SourceCopies } from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';

/** A case and its referrals as they stood at an instant, from what their services had recorded by then. */
@Injectable()
export class Histories {
  constructor(
    private readonly log: EventLog,
    private readonly copies: SourceCopies,
    private readonly service: Service,
  ) {}

  /**
   * @param asOf RFC 3339; after `now` it means now @param only whose auditor asks, if not one who reads everything
   * @throws Problem 404 before the case existed, or when another agency held it; 503 when it may not have been heard of yet
   */
  async asOf(
    caseId: string,
    asOf: string,
    now: string,
    only: { agency: string; units: readonly string[] } | undefined,
  ): Promise<object> {
    const until = asOf < now ? asOf : now;
    const late = await this.copies.requireAllUpTo(until).then(
      () => undefined,
      (error: Problem) => error,
    );
    const streams = await this.streamsOf(caseId, until);
    const record = foldCase(streams.get(caseStream(caseId)) ?? []);
    if (!record || (only && !holds(only, record.file))) throw late ?? notFound('case');
    const referrals = [...streams].filter(([stream]) => stream.includes('/referral-')).map(([, events]) => events);
    return {
      asOf: until,
      case: caseFacts(record.file),
      referrals: referrals.map((events) => referralFacts(foldReferral(events))),
      completeUpTo: await this.completeUpTo(),
    };
  }

  private async streamsOf(caseId: string, until: string): Promise<ReadonlyMap<string, readonly RecordedEvent[]>> {
    const events = await Array.fromAsync(this.log.readLog({ after: 0, caseId }));
    return Map.groupBy(
      events.filter((event) => event.recordedAt <= until),
      (event) => event.stream,
    );
  }

  private async completeUpTo(): Promise<Record<string, string>> {
    const instants = await Promise.all(
      [...this.service.observers].map(async ([source, observer]) => [source, await observer.completeUpTo()] as const),
    );
    return Object.fromEntries(instants.filter((entry): entry is [string, string] => entry[1] !== undefined));
  }
}

const holds = ({ agency, units }: { agency: string; units: readonly string[] }, { custody, unit }: CaseFile): boolean =>
  custody.agency === agency && (units.length === 0 || (unit !== undefined && units.includes(unit)));

function caseFacts({ caseId, custody, channel, region, ...file }: CaseFile): object {
  return { id: caseId, custodian: custody.agency, ...file, reception: { channel, region } };
}
