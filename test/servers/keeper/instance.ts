export interface Command {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** How one server is run, in each of the ways it may be. */
export interface Recipe {
  readonly address: string;
  readonly port: number;
  /** @param home where it is installed @param folder for its data, there and empty */
  native(home: string, folder: string): Promise<Command>;
  /** What to give its image, which keeps its data inside. */
  readonly container: Omit<Command, 'program'>;
  /** Whether it does its work; may throw while it does not listen. */
  ready(): Promise<boolean>;
}

/** A server as something that runs: a process or a container. What it wrote stays until it is removed. */
export abstract class Instance {
  /** undefined when it does not run */
  abstract readonly pid: number | undefined;
  abstract start(): Promise<void>;
  /** Waits until it has ended. @param signal SIGTERM gives it 20 s to end in good order */
  abstract end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  abstract freeze(): Promise<void>;
  abstract thaw(): Promise<void>;
  /** The last that it said. */
  abstract output(): Promise<string>;
  /** Ends it, and its data with it. */
  abstract remove(): Promise<void>;
}
