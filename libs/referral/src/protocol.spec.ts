import { describe, expect, it } from '@jest/globals';
import { fold, isRefusal } from '@ihala/decider';
import type { MoveCommand } from './commands.js';
import { allowedActions, decide, referral, type ServiceRules } from './decide.js';
import {
  isOpen,
  type Move,
  type MoveBy,
  protocol,
  type ReferralAction,
  referralActions,
  type ReferralStatus,
  referralStatuses,
} from './protocol.js';
import { contract } from './contract.fixtures.js';
import { cancellationRequested, monday, nextMonday, overdue, scheduled, sent, wayTo } from './referral.fixtures.js';
import { evolve, type ReferralState } from './state.js';

const details: Partial<Record<ReferralAction, object>> = {
  assignment: { assignee: 'sante-1' },
  'information-request': { about: 'need', remaining: 3_600_000 },
  information: { answerDueAt: nextMonday },
  refusal: { reason: 'no-capacity' },
  appointment: { appointmentAt: nextMonday },
  attendance: { outcome: 'attended' },
  steps: { step: 'consultation', fields: {} },
  completion: { outcome: 'served' },
  failure: { reason: 'not-found' },
  'cancellation-request': { supervisorMayCancelFrom: nextMonday },
  review: { satisfied: true },
  redirection: { followedBy: '01920000-0000-7000-8000-00000000e002' },
  suggestion: { sector: 'education' },
};
const command = (action: ReferralAction, by: readonly MoveBy[], at = monday) =>
  ({ action, at, by, ...details[action] }) as unknown as MoveCommand;

const rules: ServiceRules = { steps: { consultation: { repeatable: false } }, papersNeverRequired: true };
const states = Object.fromEntries(referralStatuses.map((status) => [status, fold(referral, wayTo[status])])) as Record<
  ReferralStatus,
  ReferralState
>;
const after = (state: ReferralState, move: MoveCommand): ReferralState | string => {
  const decision = decide(move, state, rules);
  return isRefusal(decision) ? decision.refused : decision.reduce(evolve, state);
};
const status = (outcome: ReferralState | string): string => (typeof outcome === 'string' ? outcome : outcome.status);

const movers: MoveBy[][] = [
  ['sender'],
  ['receiver'],
  ['sender', 'sender-supervisor'],
  ['receiver', 'receiver-supervisor'],
  ['sender', 'receiver'],
  ['sender', 'receiver', 'sender-supervisor', 'receiver-supervisor'],
  [],
];
const every = referralActions.flatMap((action) =>
  referralStatuses.flatMap((from) => movers.map((by) => ({ action, from, by }))),
);

/** What the contract says of a move, besides the cases that depend on more than the status. */
function expected(action: ReferralAction, from: ReferralStatus, by: readonly MoveBy[]): string {
  const { by: whose, to } = contract[action];
  if (!whose.some((mover) => by.includes(mover))) return 'access.forbidden';
  const target = to[from];
  // suspended is what a consent that ended makes of a referral
  if (action === 'acceptance' && from === 'suspended') return 'consent.missing';
  if (!target) return 'referral.illegal-transition';
  const tooEarly = action === 'cancellation' && !by.includes('receiver');
  return tooEarly ? 'referral.too-early' : target;
}

describe('the protocol', () => {
  it('has every action and every status of the contract', () => {
    expect(Object.keys(contract).toSorted()).toEqual([...referralActions].toSorted());
    expect(referralStatuses.map((name) => states[name].status)).toEqual(referralStatuses);
  });

  it.each(referralActions)(
    '%s moves, or is refused, as the contract says: from every status, by every caller',
    (action) => {
      const cells = every.filter((cell) => cell.action === action);
      const found = cells.map(({ from, by }) => [from, by, status(after(states[from], command(action, by)))]);
      expect(found).toEqual(cells.map(({ from, by }) => [from, by, expected(action, from, by)]));
    },
  );

  it('allows exactly what it would not refuse', () => {
    const withMore = [
      ...Object.values(states),
      fold(referral, [...wayTo.acknowledged, overdue]),
      fold(referral, [...wayTo['in-service'], scheduled]),
      fold(referral, [...wayTo['in-service'], cancellationRequested]),
    ];
    for (const state of withMore) {
      for (const by of movers) {
        for (const at of [monday, nextMonday]) {
          const legal = referralActions.filter((action) => typeof after(state, command(action, by, at)) !== 'string');
          const lacking = new Set(['service.step-repeated']);
          const refused = referralActions.filter((action) =>
            lacking.has(status(after(state, command(action, by, at)))),
          );
          expect([...allowedActions(state, by, at)].toSorted()).toEqual([...legal, ...refused].toSorted());
        }
      }
    }
  });

  it('leads where its row says', () => {
    for (const action of referralActions) {
      for (const { by, from, to, when } of protocol[action] as readonly Move[]) {
        for (const status of from) {
          if (when !== undefined) continue;
          const next = after(states[status], command(action, by));
          const target = { same: status, 'as-before-closing': 'completed' }[to as string] ?? to;
          expect([action, status, typeof next === 'string' ? next : next.status]).toEqual([action, status, target]);
        }
      }
    }
  });

  it('says where it stands and what is allowed when it refuses', () => {
    const decision = decide(command('completion', ['receiver']), states.completed, rules);
    expect(decision).toEqual({
      refused: 'referral.illegal-transition',
      details: { currentStatus: 'completed', allowedActions: ['suggestion'] },
    });
  });

  it('defines every crossing of one side’s move with the other’s, in both orders', () => {
    const crossings = every
      .filter(({ by }) => by.length === 2 && by.includes('sender-supervisor'))
      .flatMap(({ action, from, by }) =>
        referralActions.map((other) => ({ from, first: command(action, by), second: command(other, movers[3]!) })),
      );
    for (const { from, first, second } of crossings) {
      for (const [one, two] of [
        [first, second],
        [second, first],
      ] as const) {
        const middle = after(states[from], one);
        if (typeof middle === 'string') continue;
        const end = after(middle, two);
        if (typeof end === 'string') expect(end).toMatch(/^(access\.forbidden|referral\.|service\.)/);
        else expect(referralStatuses).toContain(end.status);
      }
    }
  });

  it('lets completion win over a cancellation asked for meanwhile, when service had begun', () => {
    const begun = fold(referral, [...wayTo['in-service'], cancellationRequested]);
    expect(status(after(begun, command('completion', ['receiver'])))).toBe('completed');
    const notBegun = states['cancellation-requested'];
    expect(status(after(notBegun, command('completion', ['receiver'])))).toBe('referral.illegal-transition');
  });

  it('lets the sender’s supervisor cancel after seven days of silence', () => {
    const cancellation = command('cancellation', ['sender', 'sender-supervisor'], nextMonday);
    expect(status(after(states['cancellation-requested'], cancellation))).toBe('cancelled');
  });

  it('lets a sender redirect what is overdue, without the receiver', () => {
    for (const from of ['sent', 'acknowledged', 'information-requested'] as const) {
      const late = fold(referral, [...wayTo[from], overdue]);
      expect(status(after(late, command('redirection', ['sender'])))).toBe('redirected');
    }
  });

  it('keeps suspended referrals shut but for the one answer', () => {
    expect(allowedActions(states.suspended, movers[5]!, monday)).toEqual(['sharing-stop']);
  });

  it('counts nine statuses as open', () => {
    expect(referralStatuses.filter(isOpen)).toHaveLength(9);
  });

  it('knows no move on a referral that was never sent, and no event out of nothing', () => {
    const { data } = sent;
    expect(decide(command('acceptance', ['receiver']), { status: 'none' })).toEqual({ refused: 'referral.not-found' });
    expect(decide({ action: 'send', sent: data, personal: {} }, states.sent)).toEqual({
      refused: 'referral.already-sent',
    });
    expect(() => evolve({ status: 'none' }, { type: 'ServiceStarted', data: { at: monday } })).toThrow(/never sent/);
    expect(() => evolve(states.sent, { type: 'Unheard', data: { at: monday } } as never)).toThrow(/unknown event/);
  });
});
