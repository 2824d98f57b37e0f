import { Readable } from 'node:stream';

/** An answer written bit by bit, for as long as its reader keeps up. */
export class Streaming {
  /** @param chunks asked for one at a time; `over` is aborted once nobody reads any more */
  constructor(
    readonly type: string,
    readonly chunks: (over: AbortSignal) => AsyncGenerator<string>,
  ) {}
}

/** The reader took nothing for too long, so the connection is cut. */
export class ReaderStalled extends Error {}

/** Asks for the next chunk when there is room for it, and not before; a chunk that fails cuts the connection. */
export class Chunks extends Readable {
  readonly #over = new AbortController();
  readonly #chunks: AsyncGenerator<string>;
  #stalled: NodeJS.Timeout | undefined;

  /** @param patienceMs how long a reader may take nothing while something waits for it */
  constructor(
    { chunks }: Streaming,
    private readonly patienceMs: number,
  ) {
    super();
    this.#chunks = chunks(this.#over.signal);
  }

  override _read(): void {
    clearTimeout(this.#stalled);
    this.#chunks.next().then(
      ({ done, value }) => this.#write(done ? null : value),
      (error: Error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#stalled);
    this.#over.abort();
    this.#chunks.return(undefined).then(
      () => done(error),
      (failed: Error) => done(error ?? failed),
    );
  }

  #write(chunk: string | null): void {
    if (this.destroyed || this.push(chunk) || chunk === null) return;
    this.#stalled = setTimeout(() => this.destroy(new ReaderStalled()), this.patienceMs);
  }
}
