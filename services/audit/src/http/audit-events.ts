import { EventLog, ViewStore } from '@ihala/event-log';
import { unitsOf } from '@ihala/service-kit';
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

  /** @param only whose doings alone are shown, an agency's or some units'; undefined: everybody's */
  async page({ after, limit, source, caseId }: EventsQuery, only?: { agency: string; units: readonly string[] }) {
    const filter = { ...(source && { source }), ...(caseId && { caseId: caseId.toLowerCase() }) };
    const alternatives = only
      ? unitsOf(only).map((unit) => ({ ...filter, agency: only.agency, ...(unit && { unit }) }))
      : [filter];
    const found = await this.views.find(auditIndexView, {
      anyOf: alternatives,
      range: { field: 'position', from: Number(after ?? 0) + 1 },
      sort: { field: 'position', direction: 'asc' },
      limit,
    });
    const items = await this.log.readAt(found.items.map(({ doc }) => doc.position));
    return { items, next: found.end ? String(found.end.value) : null };
  }
}
