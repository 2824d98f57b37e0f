import { EventLog, ViewStore } from '@ihala/event-log';
import { Injectable } from '@nestjs/common';
import { auditIndexView } from '../views/audit-index.view.js';

interface EventsQuery {
  readonly after?: string;
  readonly limit: number;
  readonly source?: string;
  readonly caseId?: string;
}

/** Events as they were observed, in the order in which this log learned of them. */
@Injectable()
export class AuditEvents {
  constructor(
    private readonly log: EventLog,
    private readonly views: ViewStore,
  ) {}

  /** @param agency whose doings alone are shown; undefined: everybody's */
  async page({ after, limit, source, caseId }: EventsQuery, agency: string | undefined): Promise<object> {
    const filter = { ...(source && { source }), ...(caseId && { caseId: caseId.toLowerCase() }), ...(agency && { agency }) };
    const found = await this.views.find(auditIndexView, {
      anyOf: [filter],
      range: { field: 'position', from: Number(after ?? 0) + 1 },
      sort: { field: 'position', direction: 'asc' },
      limit,
    });
    const items = await this.log.readAt(found.items.map(({ doc }) => doc.position));
    return { items, next: found.end ? String(found.end.value) : null };
  }
}
