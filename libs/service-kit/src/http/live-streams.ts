import { Streaming } from './streaming.js';

/** One message of an event stream; `id` is what a reader comes back with as `Last-Event-ID`. */
export interface Message {
  readonly id: string;
  readonly data: object;
}

/** What a live stream tells, to one caller. */
export interface LiveSource {
  /** the place from which to go on; places are numbers that grow */
  readonly after: number;
  /** when the caller's token ends */
  readonly until: Date;
  /** Calls back when there may be more to read. Returns how to stop. */
  onNews(wake: () => void): () => void;
  /** What follows a place, oldest first, as much as is worth one write, and the place reached; none: nothing yet. */
  page(after: number): Promise<{ readonly messages: readonly Message[]; readonly end: number }>;
  /** Asked of every page once it is read and before any of it is sent, so that it is judged by the newest facts. */
  mayStillSee(): Promise<boolean>;
}

export interface LiveTimes {
  /** how long a stream is silent before it says that it is alive, and looks for news that nobody called out */
  readonly heartbeatMs: number;
  /** how long a reader is asked to wait before it comes back */
  readonly retryMs: number;
}

/** The live streams of one service (Server-Sent Events, WHATWG HTML). They end first when it stops. */
export class LiveStreams {
  readonly #bells = new Set<Bell>();
  #stopping = false;

  constructor(private readonly times: LiveTimes = { heartbeatMs: 15_000, retryMs: 3_000 }) {}

  /** How many are open. */
  get open(): number {
    return this.#bells.size;
  }

  /** Ends all of them at once, and whichever come after. */
  stop(): void {
    this.#stopping = true;
    for (const bell of this.#bells) bell.ring();
  }

  /** Tells what there is, then what comes, until the caller may not see it any more, its token ends, or the service stops. */
  follow(source: LiveSource): Streaming {
    return new Streaming('text/event-stream', (over) => this.#attended(source, over));
  }

  async *#attended(source: LiveSource, over: AbortSignal): AsyncGenerator<string> {
    const bell = new Bell();
    const forget = source.onNews(() => bell.ring());
    over.addEventListener('abort', () => bell.ring(), { once: true });
    this.#bells.add(bell);
    try {
      yield* this.#told(source, bell, over);
    } finally {
      forget();
      this.#bells.delete(bell);
    }
  }

  async *#told(source: LiveSource, bell: Bell, over: AbortSignal): AsyncGenerator<string> {
    yield `retry: ${this.times.retryMs}\n\n`;
    const left = () => source.until.getTime() - Date.now();
    const ended = () => over.aborted || this.#stopping || left() <= 0;
    for (let after = source.after; !ended();) {
      bell.still();
      const { messages, end } = await source.page(after);
      if (!(await source.mayStillSee())) return;
      if (ended()) break;
      after = end;
      const silence = Math.min(this.times.heartbeatMs, left());
      if (messages.length > 0) yield messages.map(written).join('');
      else if (!(await bell.rung(silence)) && silence === this.times.heartbeatMs) yield ': alive\n\n';
    }
    yield this.#stopping ? ': the server stops\n\n' : ': the token has ended\n\n';
  }
}

const written = ({ id, data }: Message) => `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

/** Rung by whoever has news; it keeps sounding until it is stilled. */
class Bell {
  #ringing = false;
  #heard: (() => void) | undefined;

  ring(): void {
    this.#ringing = true;
    this.#heard?.();
  }

  still(): void {
    this.#ringing = false;
  }

  /** Resolves when it rings, or to false when it has not for so long. */
  rung(withinMs: number): Promise<boolean> {
    if (this.#ringing) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs, false);
      this.#heard = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}
