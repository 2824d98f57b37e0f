import type { Employee } from '../e2e/people.js';

/** A command as it was about to be sent. */
export interface Command {
  /** unique, and never of two employees */
  readonly key: string;
  /** the correlation id it carries: its events carry it too, which is how they are found, apart from the command's row */
  readonly correlation: string;
  readonly by: Employee;
  /** the service whose log it is for */
  readonly service: string;
  readonly path: string;
  readonly body: object;
}

/** What an acknowledgement said. */
export interface Acknowledgement {
  readonly status: number;
  readonly id: string;
  readonly version: number;
  /** it says that it had been done before */
  readonly replayed: boolean;
}

/** One command, all that was sent of it, and all that was answered. */
export interface Entry {
  readonly command: Command;
  sent: number;
  readonly acknowledged: Acknowledgement[];
  /** `<status> <code>` of each refusal */
  readonly refused: string[];
  /** those of them that were sent after an acknowledgement */
  readonly refusedAgain: string[];
}

/**
 * What must be true of a command's events: acknowledged, they are there, once; refused each time it was sent, there are none; else,
 * cut off or never answered, they are there once or not at all.
 */
export type Verdict = 'once' | 'never' | 'at-most-once';

/** Written before a command is sent and again when it is answered; what the checker is told. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  /** paths that were answered with 500 */
  readonly faults: string[] = [];

  begin(command: Command): Entry {
    if (this.#entries.has(command.key)) throw new Error(`two commands have the key ${command.key}`);
    const entry: Entry = { command, sent: 0, acknowledged: [], refused: [], refusedAgain: [] };
    this.#entries.set(command.key, entry);
    return entry;
  }

  get entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  get acknowledged(): number {
    return this.entries.filter((entry) => entry.acknowledged.length > 0).length;
  }

  /** As it stands now, untouched by what comes later. */
  copy(): readonly Entry[] {
    return structuredClone(this.entries);
  }
}

export function verdictOf({ sent, acknowledged, refused }: Entry): Verdict {
  if (acknowledged.length > 0) return 'once';
  return refused.length === sent ? 'never' : 'at-most-once';
}
