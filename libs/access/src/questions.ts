import type { EntityJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { Caller } from './tokens.js';

/** A service's collection; `sector` where it is one sector's. */
export interface Desk {
  readonly type: 'Desk';
  readonly sector?: string;
}
export interface CaseParties {
  readonly type: 'Case';
  readonly custodian: string;
  readonly unit?: string;
  /** only while a transfer to it is open */
  readonly offeredTo?: string;
  readonly offeredUnit?: string;
}
export interface TransferParties {
  readonly type: 'Transfer';
  readonly from: string;
  readonly fromUnit?: string;
  readonly to: string;
  readonly toUnit?: string;
}
export interface ReferralParties {
  readonly type: 'Referral';
  readonly sector: string;
  readonly sender: string;
  readonly senderUnit?: string;
  readonly receiver: string;
  readonly receiverUnit?: string;
}
export type Resource = Desk | CaseParties | TransferParties | ReferralParties;

/** Whose a move of the referral protocol is. */
export const moveBys = ['sender', 'receiver', 'sender-supervisor', 'receiver-supervisor'] as const;
export type MoveBy = (typeof moveBys)[number];

export type DeskAction =
  /** asked of every request before anything is looked up, so that enforcement learns of nothing */
  | 'enter'
  | 'list-services'
  | 'open-case'
  | 'list-cases'
  | 'list-transfers'
  | 'send-referral'
  | 'list-referrals'
  | 'read-feed'
  | 'read-whole-feed'
  | 'read-audit'
  | 'read-whole-audit'
  | 'operate';
/** `know` tells "not found" from "forbidden". */
export type CaseAction = 'know' | 'view-case' | 'work-case' | 'grant-exceptional-consent';
export type TransferAction = 'know' | 'view-transfer' | 'answer-transfer' | 'withdraw-transfer';
export type ReferralAction = 'know' | 'view-referral' | 'write-findings' | 'read-findings';
export type Question =
  | readonly [action: DeskAction, resource: Desk]
  | readonly [action: CaseAction, resource: CaseParties]
  | readonly [action: TransferAction, resource: TransferParties]
  | readonly [action: ReferralAction, resource: ReferralParties]
  | readonly [action: 'move-referral', resource: ReferralParties, context: { readonly by: readonly MoveBy[] }];
export type Action = Question[0];

export type Principal = Pick<Caller, 'agency' | 'kinds' | 'roles' | 'units'>;

type TypeAndId = { readonly type: string; readonly id: string };
const entity = (type: string, id: string): TypeAndId => ({ type, id });

/** An agency as a whole, or one unit of it. Named by both, so that no agency can name another one's unit as its own. */
export const office = (agency: string, unit?: string): TypeAndId =>
  entity('Office', unit === undefined ? agency : `${agency} ${unit}`);

/** The caller, in its roles and kinds, with the offices it stands for. Who exactly it is makes no difference. */
export function principalEntity({ agency, kinds, roles, units }: Principal): EntityJson {
  const offices = units.length === 0 ? [office(agency)] : units.map((unit) => office(agency, unit));
  const parents = [...roles.map((role) => entity('Role', role)), ...kinds.map((kind) => entity('Kind', kind))];
  return { uid: entity('Caller', ''), attrs: { offices: offices.map(reference) }, parents };
}

/** The resource first, then the units it names, each lying in its agency. Its own id makes no difference. */
export function resourceEntities(resource: Resource): [EntityJson, ...EntityJson[]] {
  const { facts, parties } = described(resource);
  const attrs = Object.fromEntries(parties.map(([name, agency, unit]) => [name, reference(office(agency, unit))]));
  const units = parties.filter(([, , unit]) => unit !== undefined);
  return [
    { uid: entity(resource.type, ''), attrs: { ...facts, ...attrs }, parents: [] },
    ...units.map(([, agency, unit]) => ({ uid: office(agency, unit), attrs: {}, parents: [office(agency)] })),
  ];
}

type Party = readonly [name: string, agency: string, unit?: string];

function described(resource: Resource): { facts: Record<string, string>; parties: readonly Party[] } {
  switch (resource.type) {
    case 'Desk':
      return { facts: resource.sector ? { sector: resource.sector } : {}, parties: [] };
    case 'Case': {
      const { custodian, unit, offeredTo, offeredUnit } = resource;
      const offered: readonly Party[] = offeredTo === undefined ? [] : [['offeredTo', offeredTo, offeredUnit]];
      return { facts: {}, parties: [['custodian', custodian, unit], ...offered] };
    }
    case 'Transfer': {
      const { from, fromUnit, to, toUnit } = resource;
      return {
        facts: {},
        parties: [
          ['from', from, fromUnit],
          ['to', to, toUnit],
        ],
      };
    }
    case 'Referral': {
      const { sector, sender, senderUnit, receiver, receiverUnit } = resource;
      return {
        facts: { sector },
        parties: [
          ['sender', sender, senderUnit],
          ['receiver', receiver, receiverUnit],
        ],
      };
    }
    default:
      return resource satisfies never;
  }
}

const reference = (uid: TypeAndId) => ({ __entity: uid });
