import type { RecordedEvent, View, ViewWriter } from '@ihala/event-log';
import { caseEvents, operationsEvents, referralEvents } from '@ihala/contracts';

/** Where each event stands, by who did it, where and about which case: what auditors filter by. */
type AuditEntry = {
  readonly position: number;
  readonly source: string;
  readonly agency: string;
  readonly unit?: string;
  readonly caseId?: string;
};

export const auditIndexView: View<AuditEntry> = {
  name: 'audit-index',
  version: 1,
  handles: Object.keys({ ...caseEvents, ...referralEvents, ...operationsEvents }),
  indexes: [
    ['position'],
    ['source', 'position'],
    ['caseId', 'position'],
    ['agency', 'position'],
    ['agency', 'unit', 'position'],
  ],
  fold({ position, source, actor, caseId, id }: RecordedEvent, entries: ViewWriter<AuditEntry>): void {
    if (source === undefined) return;
    const { agency, unit } = actor;
    entries.put(id, { position, source, agency, ...(unit && { unit }), ...(caseId && { caseId }) });
  },
};
