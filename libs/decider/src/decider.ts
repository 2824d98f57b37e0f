/**
 * The Decider pattern (Jérémie Chassaing): what was decided before, folded to a state, and a command give new events.
 * Plain data in, plain data out; time, identity and chance come in with the command.
 */
export interface Decider<State, Command, Event> {
  readonly initialState: State;
  readonly decide: (command: Command, state: State) => Decision<Event>;
  readonly evolve: (state: State, event: Event) => State;
}

/** `data` is clear: codes, ids, agencies, instants. `personal` is content for the seal, by class; folds never read it. */
export interface DomainEvent<Type extends string, Data extends object> {
  readonly type: Type;
  readonly data: Data;
  readonly personal?: Personal;
}
export type Personal = Readonly<Record<string, object | undefined>>;

/** A rule said no: a stable code, and facts that help who asked. */
export interface Refusal {
  readonly refused: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** New events, none when there is nothing left to do, or a refusal. */
export type Decision<Event> = readonly Event[] | Refusal;

export const refuse = (code: string, details?: Refusal['details']): Refusal =>
  details === undefined ? { refused: code } : { refused: code, details };

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'refused' in value;

export const fold = <State, Event>(
  { initialState, evolve }: Pick<Decider<State, never, Event>, 'initialState' | 'evolve'>,
  events: Iterable<Event>,
): State => {
  let state = initialState;
  for (const event of events) state = evolve(state, event);
  return state;
};
