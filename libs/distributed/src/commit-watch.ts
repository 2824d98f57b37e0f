import { Loop, type EventLog, type FollowOptions } from '@ihala/event-log';

/** Nobody tells of what it looks for. */
const nobody = { onCommit: () => () => {} };

/**
 * Looks now and then whether the log has grown, and wakes those who follow it: commits of other processes are found so when nobody
 * told of them, or what was told got lost.
 */
export class CommitWatch {
  readonly #loop: Loop;
  #seen = -1;

  /** @param pauseMs asked after each look */
  constructor(
    private readonly log: EventLog & { wake(): void },
    private readonly pauseMs: () => number,
    { onError }: FollowOptions,
  ) {
    this.#loop = new Loop(
      nobody,
      () => this.#look(),
      (error) => onError(error, 'commits'),
    );
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #look(): Promise<number> {
    const position = await this.log.lastPosition();
    if (position > this.#seen) this.log.wake();
    this.#seen = position;
    return this.pauseMs();
  }
}
