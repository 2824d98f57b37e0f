import type { RecordedEvent, View, ViewWriter } from '@ihala/event-log';
import { ViewStore } from '@ihala/event-log';
import { type Call, Cursors, unitsOf } from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';
import { AllowedActions } from '../http/allowed-actions.js';
import { caseEventTypes } from '@ihala/case-file';

/** One row of the list of cases: codes only, nothing about who the person is. */
type CaseRow = {
  readonly reference: string;
  readonly status: string;
  readonly custodian: string;
  readonly unit?: string;
  readonly assignee?: string;
  readonly openedAt: string;
  readonly minor: boolean;
  /** custody is on offer to another agency */
  readonly offered: boolean;
  readonly version: number;
};

export const casesView: View<CaseRow> = {
  name: 'cases',
  version: 1,
  handles: caseEventTypes,
  indexes: [
    ['custodian', 'openedAt'],
    ['custodian', 'status', 'openedAt'],
    ['custodian', 'unit', 'openedAt'],
    ['custodian', 'reference', 'openedAt'],
  ],
  async fold(event: RecordedEvent, rows: ViewWriter<CaseRow>): Promise<void> {
    if (event.source !== undefined || event.caseId === undefined) return;
    const row = await rows.get(event.caseId);
    rows.put(event.caseId, { ...next(row, event), version: event.version });
  },
};

function next(row: CaseRow | undefined, { type, data }: RecordedEvent): Omit<CaseRow, 'version'> {
  if (type === 'CaseOpened') {
    const { reference, custodian, unit, minor, at } = data as {
      reference: string;
      custodian: string;
      unit?: string;
      minor: boolean;
      at: string;
    };
    return { reference, status: 'open', custodian, ...(unit && { unit }), minor, offered: false, openedAt: at };
  }
  if (!row) throw new Error(`${type} on a case that was never opened`);
  switch (type) {
    case 'CaseClosed':
      return { ...row, status: 'closed' };
    case 'CaseReopened':
      return { ...row, status: 'open' };
    case 'CaseAssigned':
      return { ...row, assignee: data['assignee'] as string };
    case 'CaseCorrected':
    case 'AgeReassessed':
      return { ...row, minor: data['minor'] as boolean };
    case 'TransferAccepted': {
      const { unit: _unit, assignee: _assignee, ...rest } = row;
      const unit = data['unit'] as string | undefined;
      return { ...rest, custodian: data['custodian'] as string, offered: false, ...(unit && { unit }) };
    }
    case 'TransferProposed':
      return { ...row, offered: true };
    case 'TransferRefused':
    case 'TransferWithdrawn':
      return { ...row, offered: false };
    default:
      return row;
  }
}

export interface CaseListQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly status?: string;
  readonly unit?: string;
  readonly reference?: string;
}

@Injectable()
export class CaseList {
  constructor(
    private readonly views: ViewStore,
    private readonly cursors: Cursors,
    private readonly allowed: AllowedActions,
  ) {}

  async page(call: Call, { limit, cursor, ...filters }: CaseListQuery): Promise<object> {
    const { caller } = call;
    const list = `cases/${caller.agency}/${JSON.stringify(filters)}`;
    const { unit, ...equals } = filters;
    const found = await this.views.find(casesView, {
      anyOf: unitsOf(caller, unit).map((only) => ({
        custodian: caller.agency,
        ...equals,
        ...(only && { unit: only }),
      })),
      sort: { field: 'openedAt', direction: 'desc' },
      after: this.cursors.decode(list, cursor),
      limit,
    });
    return {
      items: found.items.map(({ id, doc }) => this.item(id, doc, call)),
      next: this.cursors.encode(list, found.end),
    };
  }

  private item(id: string, { offered, ...row }: CaseRow, call: Call): object {
    const parties = { type: 'Case', custodian: row.custodian, unit: row.unit } as const;
    const allowedActions = this.allowed.onCase(call, parties, row.status === 'closed' ? undefined : { offered });
    return { id, ...row, allowedActions };
  }
}
