import {
  CommandReused,
  WrongExpectedVersion,
  type AppendResult,
  type PreparedAppend,
  type RecordedCommand,
} from '@ihala/event-log';

/** What is known while a group is decided. */
export interface Knowledge {
  /** version of a stream; undefined: not known, and taken to be the one that is expected */
  tail(stream: string): number | undefined;
  /** undefined: not known, and taken to be new */
  command(id: string): RecordedCommand | undefined;
}

export type Outcome = { readonly result: AppendResult } | { readonly error: Error };

/** An event that still lacks its numbers. */
export interface DecidedEvent {
  readonly stream: string;
  readonly version: number;
  readonly caseId?: string;
  readonly body: string;
}

/** What becomes of a group of appends, one after another. */
export interface Decision {
  /** in the order of the group */
  readonly outcomes: readonly Outcome[];
  readonly events: readonly DecidedEvent[];
  readonly commands: readonly RecordedCommand[];
  /** versions after it, of the streams written to */
  readonly tails: ReadonlyMap<string, number>;
  /** an append was refused for its version whose command may have been carried out before */
  readonly asksForCommands: boolean;
}

/** Each append sees what those before it in the group have done; one that is refused does nothing. */
export function decide(group: readonly PreparedAppend[], knowledge: Knowledge): Decision {
  const deciding = new Deciding(knowledge);
  const outcomes = group.map((append) => deciding.append(append));
  const { events, commands, tails, asksForCommands } = deciding;
  return { outcomes, events, commands: [...commands.values()], tails, asksForCommands };
}

class Deciding {
  readonly events: DecidedEvent[] = [];
  readonly commands = new Map<string, RecordedCommand>();
  readonly tails = new Map<string, number>();
  asksForCommands = false;

  constructor(private readonly knowledge: Knowledge) {}

  append(append: PreparedAppend): Outcome {
    const { command } = append;
    const earlier = command && (this.commands.get(command.id) ?? this.knowledge.command(command.id));
    if (earlier !== undefined) {
      return earlier.fingerprint === command?.fingerprint
        ? { result: { replayed: true, versions: earlier.versions } }
        : { error: new CommandReused(`command ${earlier.id} was another one`) };
    }
    const error = this.#conflict(append);
    if (error !== undefined) {
      if (command !== undefined) this.asksForCommands = true;
      return { error };
    }
    return { result: { replayed: false, versions: this.#write(append) } };
  }

  #conflict({ writes, guards }: PreparedAppend): WrongExpectedVersion | undefined {
    const expected = [...writes.map(({ stream, expectedVersion: version }) => ({ stream, version })), ...guards];
    for (const { stream, version } of expected) {
      const actual = this.tails.get(stream) ?? this.knowledge.tail(stream) ?? version;
      if (actual !== version) return new WrongExpectedVersion(stream, version, actual);
    }
    return undefined;
  }

  #write({ writes, command }: PreparedAppend) {
    const versions = writes.map(({ stream, expectedVersion, events }) => {
      let version = expectedVersion;
      for (const event of events) this.events.push({ stream, version: ++version, ...event });
      if (events.length > 0) this.tails.set(stream, version);
      return { stream, version };
    });
    if (command) this.commands.set(command.id, { ...command, versions });
    return versions;
  }
}
