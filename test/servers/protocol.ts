/** What tests and the keeper of their servers say to each other: a line of JSON each way. */

export type Kind = 'mongodb' | 'kafka' | 'redis';

export interface MongodOptions {
  /** `--setParameter`; besides a limit of 5 s for transactions, which may be changed here */
  readonly parameters?: Readonly<Record<string, string | number>>;
  /** 1 unless given; three elect a primary within some seconds */
  readonly members?: number;
}

export interface KafkaOptions {
  /** of server.properties */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** of the listener that `address` names; what else it needs stands in the settings */
  readonly protocol?: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
  /** where it tells clients to come, if something stands before it */
  readonly advertisedPort?: number;
}

export type ServerOptions = MongodOptions & KafkaOptions;

/** Things done to a server, each known to have happened when it is answered. */
export type Deed = 'kill' | 'restart' | 'freeze' | 'thaw' | 'stop';

export type Request =
  | { readonly ask: 'shared'; readonly kind: Kind }
  | { readonly ask: 'prepare'; readonly kind: Kind }
  | { readonly ask: 'start'; readonly kind: Kind; readonly options: ServerOptions }
  | { readonly ask: 'primary'; readonly group: number }
  | { readonly ask: 'do'; readonly server: number; readonly deed: Deed };

/** One server as it stands. */
export interface Told {
  readonly id: number;
  readonly address: string;
  readonly port: number;
  readonly pid: number | undefined;
}

/** One or more servers that were started together, under one address. */
export interface ToldGroup {
  readonly group: number;
  readonly address: string;
  readonly servers: readonly Told[];
}

export interface Answer {
  readonly n: number;
  readonly value?: unknown;
  readonly error?: string;
  /** the error is that no such server can be had here */
  readonly absent?: boolean;
}
