import { type Decider, type Decision, fold, isRefusal } from './decider.js';

/** A test that speaks events: `given(decider, ...past).when(command).then(...events)`. Throws when it does not hold. */
export const given = <State, Command, Event>(decider: Decider<State, Command, Event>, ...past: readonly Event[]) => ({
  when: (command: Command) => {
    const decision = decider.decide(command, fold(decider, past));
    return {
      decision,
      then: (...expected: readonly Event[]) => same(decision, expected),
      thenRefused: (code: string) => same(isRefusal(decision) ? decision.refused : decision, code),
    };
  },
});

function same(actual: Decision<unknown> | string, expected: unknown): void {
  const [got, wanted] = [canonical(actual), canonical(expected)];
  if (got !== wanted) throw new Error(`decided\n${got}\nwanted\n${wanted}`);
}

const canonical = (value: unknown): string =>
  JSON.stringify(
    value,
    (_, member: unknown) =>
      member !== null && typeof member === 'object' && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
        : member,
    2,
  );
