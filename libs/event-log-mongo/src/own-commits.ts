import type { Connection, mongo } from 'mongoose';
import { available } from './transaction.js';

/**
 * Up to when this process has committed, on the servers' own clock, so that it reads what it wrote. A primary that was just elected
 * has all that a majority has, but may not know yet that a majority has it, and answers majority reads as of before.
 */
export class OwnCommits {
  #last: mongo.Timestamp | undefined;

  constructor(readonly connection: Connection) {}

  /** After the commit. */
  note({ operationTime }: mongo.ClientSession): void {
    if (operationTime !== undefined && !this.#last?.greaterThan(operationTime)) this.#last = operationTime;
  }

  /** A read that waits, if it has to, until the server knows of all that. @throws StorageUnavailable */
  async read<T>(work: (session: mongo.ClientSession) => Promise<T>): Promise<T> {
    const session = this.connection.getClient().startSession({ causalConsistency: true });
    try {
      if (this.#last !== undefined) session.advanceOperationTime(this.#last);
      return await available(work(session));
    } finally {
      void session.endSession();
    }
  }
}
