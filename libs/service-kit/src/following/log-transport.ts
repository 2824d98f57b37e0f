import type { Errand, Reaction, RecordedEvent, Timer } from '@ihala/event-log';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Service } from '../service.js';
import type { DueNow, Following } from './when.js';

interface Handler {
  readonly pattern: string;
  readonly following: Following;
  readonly callback: MessageHandler;
}

/**
 * Nest's transport over the service's own log: handlers marked `@When` and `@WhenDue` are told in position order, one after the
 * other, by the follow-ups of the log, which keep the checkpoint, try again and park.
 */
export class LogTransport extends Server implements CustomTransportStrategy {
  readonly #handlers: Handler[] = [];

  constructor(private readonly service: Service) {
    super();
  }

  /** A list, since Nest's own map would chain the handlers of one pattern and lose which reaction each belongs to. */
  override addHandler(pattern: string, callback: MessageHandler, isEvent = false, extras: object = {}): void {
    if (!isEvent) throw new Error(`${String(pattern)}: a log has nobody to answer`);
    this.#handlers.push({ pattern, following: extras as Following, callback });
  }

  listen(callback: () => void): void {
    this.service.follow({ reactions: this.#reactions(), timers: this.#timers() });
    callback();
  }

  close(): Promise<void> {
    return this.service.unfollow();
  }

  on(): never {
    throw new Error('a log has no events of its own to listen to');
  }

  unwrap(): never {
    throw new Error('there is no server behind a log');
  }

  #reactions(): Reaction[] {
    const of = ({ following }: Handler) => ('reaction' in following ? following.reaction : undefined);
    const byReaction = Map.groupBy(this.#handlers, of);
    return [...byReaction].flatMap(([definition, handlers]) =>
      definition ? [{ ...definition, ...told(handlers) }] : [],
    );
  }

  #timers(): Timer[] {
    return this.#handlers.flatMap(({ following, callback }) =>
      'timer' in following
        ? [{ ...following.timer, fire: (id, due) => answerOf<void>(callback, { id, ...due } satisfies DueNow) }]
        : [],
    );
  }
}

const told = (handlers: readonly Handler[]): Pick<Reaction, 'reactsTo' | 'errands'> => ({
  reactsTo: [...new Set(handlers.map(({ pattern }) => pattern))],
  async errands(event: RecordedEvent) {
    const errands: Errand[] = [];
    for (const { pattern, callback } of handlers) {
      if (pattern === event.type) errands.push(...(await answerOf<readonly Errand[]>(callback, event)));
    }
    return errands;
  },
});

/** Resolves when the handler has ended, with what it returned; Nest's own `handleEvent` resolves before. */
async function answerOf<Answer>(callback: MessageHandler, data: unknown): Promise<Answer> {
  const answer: unknown = await callback(data);
  return (isObservable(answer) ? await lastValueFrom(answer, { defaultValue: undefined }) : answer) as Answer;
}
