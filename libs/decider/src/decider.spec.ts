import { describe, expect, it } from '@jest/globals';
import { type Decider, type DomainEvent, fold, given, isRefusal, refuse } from './index.js';

/** A desk with one chair: small enough to see through. */
type Desk = { readonly visitor?: string };
type DeskCommand = { readonly action: 'seat' | 'leave'; readonly visitor: string; readonly note?: string };
type DeskEvent = DomainEvent<'Seated' | 'Left', { readonly visitor: string }>;

const desk: Decider<Desk, DeskCommand, DeskEvent> = {
  initialState: {},
  decide: ({ action, visitor, note }, state) => {
    if (action === 'leave') return state.visitor === visitor ? [{ type: 'Left', data: { visitor } }] : [];
    if (state.visitor !== undefined) return refuse('desk.taken', { by: state.visitor });
    return [{ type: 'Seated', data: { visitor }, ...(note === undefined ? {} : { personal: { texts: { note } } }) }];
  },
  evolve: (_state, event) => (event.type === 'Seated' ? { visitor: event.data.visitor } : {}),
};
const seated = (visitor: string): DeskEvent => ({ type: 'Seated', data: { visitor } });
const left = (visitor: string): DeskEvent => ({ type: 'Left', data: { visitor } });

describe('fold', () => {
  it('starts where the decider starts, and takes the oldest event first', () => {
    expect(fold(desk, [])).toEqual({});
    expect(fold(desk, [seated('Aminata'), left('Aminata'), seated('Samira')])).toEqual({ visitor: 'Samira' });
  });
});

describe('a refusal', () => {
  it('is told apart from events and from anything else', () => {
    expect(refuse('desk.taken')).toEqual({ refused: 'desk.taken' });
    expect(isRefusal(refuse('desk.taken', { by: 'Aminata' }))).toBe(true);
    expect([[], {}, undefined, null, 'desk.taken'].some((decision) => isRefusal(decision))).toBe(false);
  });
});

describe('given, when, then', () => {
  it('is silent when the story ends as told', () => {
    given(desk).when({ action: 'seat', visitor: 'Aminata' }).then(seated('Aminata'));
    given(desk, seated('Aminata')).when({ action: 'leave', visitor: 'Samira' }).then();
    given(desk, seated('Aminata')).when({ action: 'seat', visitor: 'Samira' }).thenRefused('desk.taken');
  });

  it('fails on another event, one too many, none, or a refusal', () => {
    const seat = given(desk).when({ action: 'seat', visitor: 'Aminata' });
    expect(() => seat.then(seated('Samira'))).toThrow(/Aminata[^]*Samira/);
    expect(() => seat.then(seated('Aminata'), left('Aminata'))).toThrow(/Left/);
    expect(() => seat.then()).toThrow(/Seated/);
    const taken = given(desk, seated('Aminata')).when({ action: 'seat', visitor: 'Samira' });
    expect(() => taken.then(seated('Samira'))).toThrow(/desk\.taken/);
  });

  it('fails on another refusal, and where none came', () => {
    const taken = given(desk, seated('Aminata')).when({ action: 'seat', visitor: 'Samira' });
    expect(() => taken.thenRefused('desk.closed')).toThrow(/desk\.closed/);
    const seat = given(desk).when({ action: 'seat', visitor: 'Aminata' });
    expect(() => seat.thenRefused('desk.taken')).toThrow(/Seated/);
  });

  it('compares what is personal too, and neither the order of names nor what is undefined', () => {
    const noted = given(desk).when({ action: 'seat', visitor: 'Aminata', note: 'Waits for her sister.' });
    expect(() => noted.then(seated('Aminata'))).toThrow(/sister/);
    noted.then({ personal: { texts: { note: 'Waits for her sister.' }, health: undefined }, ...seated('Aminata') });
  });
});
