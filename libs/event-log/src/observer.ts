/**
 * Keeps a copy of one source's log in our own. In one process the other log is read directly, between processes a broker carries it.
 * Whatever fails is reported and tried again; only a source that contradicts itself is parked, until the process starts again.
 */
export abstract class Observer {
  /** the service whose log is copied */
  abstract readonly source: string;

  /** What the source says gets here now, or to another process that takes turns with this one. */
  abstract readonly listening: boolean;

  /** The source has contradicted itself: nothing more is taken of it. */
  abstract readonly parked: boolean;

  abstract start(): void;

  /** Resolves once the batch under way is copied. Whoever still waits in `upTo` is told false. */
  abstract stop(): Promise<void>;

  /**
   * Waits until the copy holds everything that the source recorded up to an instant.
   * @param instant RFC 3339, UTC, milliseconds @returns false if that takes longer than `timeoutMs`, or the source is parked
   */
  abstract upTo(instant: string, timeoutMs: number): Promise<boolean>;

  /** The instant (RFC 3339) up to which the copy is complete; undefined: nothing heard of the source yet. */
  abstract completeUpTo(): Promise<string | undefined>;

  /** How many events of the source are not copied yet, as far as is known here. */
  abstract behind(): Promise<number>;
}
