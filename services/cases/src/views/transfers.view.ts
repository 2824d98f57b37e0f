import type { RecordedEvent, View, ViewWriter } from '@ihala/event-log';
import { ViewStore } from '@ihala/event-log';
import { type Call, Cursors, unitsOf } from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';
import { AllowedActions } from '../http/allowed-actions.js';

/** One row of the transfers' worklist: codes only. */
type TransferRow = {
  readonly caseId: string;
  readonly status: string;
  readonly from: string;
  readonly fromUnit?: string;
  readonly to: string;
  readonly toUnit?: string;
  readonly reason: string;
  readonly proposedAt: string;
  readonly answeredAt?: string;
  readonly refusalReason?: string;
};

const statusAfter: Readonly<Record<string, string>> = {
  TransferProposed: 'proposed',
  TransferAccepted: 'accepted',
  TransferRefused: 'refused',
  TransferWithdrawn: 'withdrawn',
};

export const transfersView: View<TransferRow> = {
  name: 'transfers',
  version: 1,
  handles: Object.keys(statusAfter),
  indexes: [
    ['from', 'proposedAt'],
    ['from', 'fromUnit', 'proposedAt'],
    ['from', 'status', 'proposedAt'],
    ['to', 'proposedAt'],
    ['to', 'toUnit', 'proposedAt'],
    ['to', 'status', 'proposedAt'],
  ],
  async fold({ type, data, caseId }: RecordedEvent, rows: ViewWriter<TransferRow>): Promise<void> {
    const {
      transferId,
      at,
      consentId: _consent,
      custodian: _custodian,
      unit: _unit,
      ...terms
    } = data as Record<string, string>;
    const status = statusAfter[type]!;
    if (type === 'TransferProposed') {
      rows.put(transferId!, { ...(terms as unknown as TransferRow), caseId: caseId!, status, proposedAt: at! });
      return;
    }
    const row = (await rows.get(transferId!))!;
    const refusal = type === 'TransferRefused' ? { refusalReason: terms['reason']! } : {};
    rows.put(transferId!, { ...row, ...refusal, status, answeredAt: at! });
  },
};

export interface TransferListQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly direction?: 'incoming' | 'outgoing';
  readonly status?: string;
}

@Injectable()
export class TransferList {
  constructor(
    private readonly views: ViewStore,
    private readonly cursors: Cursors,
    private readonly allowed: AllowedActions,
  ) {}

  async page(call: Call, { limit, cursor, direction, status }: TransferListQuery): Promise<object> {
    const { caller } = call;
    const list = `transfers/${caller.agency}/${direction ?? ''}/${status ?? ''}`;
    const ends = { incoming: ['to', 'toUnit'], outgoing: ['from', 'fromUnit'] } as const;
    const sides = direction ? [ends[direction]] : Object.values(ends);
    const found = await this.views.find(transfersView, {
      anyOf: sides.flatMap(([agency, unit]) =>
        unitsOf(caller).map((only) => ({
          [agency]: caller.agency,
          ...(only && { [unit]: only }),
          ...(status && { status }),
        })),
      ),
      sort: { field: 'proposedAt', direction: 'desc' },
      after: this.cursors.decode(list, cursor),
      limit,
    });
    const items = found.items.map(({ id, doc: { toUnit, ...row } }) => ({
      id,
      ...row,
      unit: toUnit,
      allowedActions: this.allowed.onTransfer(call, { type: 'Transfer', ...row, toUnit }, row.status),
    }));
    return { items, next: this.cursors.encode(list, found.end) };
  }
}
