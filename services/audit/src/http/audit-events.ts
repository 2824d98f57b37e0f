import { EventLog, type RecordedEvent, ViewRunner, ViewStore } from '@ihala/event-log';
import { Problem, unitsOf } from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';
import { auditIndexView } from '../views/audit-index.view.js';

interface EventsFilter {
  readonly after?: string;
  readonly source?: string;
  readonly caseId?: string;
}
/** Whose doings alone are shown, an agency's or some units'; undefined: everybody's. */
type Only = { readonly agency: string; readonly units: readonly string[] } | undefined;

const lineBatch = 100;
const indexPatienceMs = 2000;

/** Events as they were observed, in the order in which this log learned of them. */
@Injectable()
export class AuditEvents {
  constructor(
    private readonly log: EventLog,
    private readonly views: ViewStore,
    private readonly runner: ViewRunner,
  ) {}

  async page(filter: EventsFilter & { readonly limit: number }, only?: Only) {
    const { items, end } = await this.find(filter, { from: Number(filter.after ?? 0) + 1, limit: filter.limit }, only);
    return { items, next: end === undefined ? null : String(end) };
  }

  /**
   * The last position, once the index has come so far: what is asked for up to here is all there.
   * @throws Problem 503 when that takes too long
   */
  async settled(): Promise<number> {
    const end = await this.log.lastPosition();
    if (await this.runner.caughtUpWithin(end, indexPatienceMs)) return end;
    throw new Problem(503, 'service.catching-up', { retryAfterSeconds: 1 });
  }

  /** The same events as lines of JSON, a few at a time, up to and including position `to`; `limit`: all. */
  async *lines(filter: EventsFilter & { readonly limit?: number }, to: number, only?: Only): AsyncGenerator<string> {
    let from = Number(filter.after ?? 0) + 1;
    for (let left = filter.limit ?? Infinity; left > 0;) {
      const { items, end } = await this.find(filter, { from, to, limit: Math.min(left, lineBatch) }, only);
      if (items.length > 0) yield items.map((event) => `${JSON.stringify(event)}\n`).join('');
      if (end === undefined) return;
      left -= items.length;
      from = end + 1;
    }
  }

  private async find(
    { source, caseId }: EventsFilter,
    { limit, ...range }: { from: number; to?: number; limit: number },
    only: Only,
  ): Promise<{ items: readonly RecordedEvent[]; end: number | undefined }> {
    const filter = { ...(source && { source }), ...(caseId && { caseId: caseId.toLowerCase() }) };
    const alternatives = only
      ? unitsOf(only).map((unit) => ({ ...filter, agency: only.agency, ...(unit && { unit }) }))
      : [filter];
    const found = await this.views.find(auditIndexView, {
      anyOf: alternatives,
      range: { field: 'position', ...range },
      sort: { field: 'position', direction: 'asc' },
      limit,
    });
    const items = await this.log.readAt(found.items.map(({ doc }) => doc.position));
    return { items, end: found.end && Number(found.end.value) };
  }
}
