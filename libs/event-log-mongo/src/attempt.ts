import { setTimeout as sleep } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import { StorageUnavailable } from '@ihala/event-log';
import type { OwnCommits } from './own-commits.js';
import { answered, isTransient, TRANSACTION } from './transaction.js';

/** Whether a commit took place could not be learnt: the connection ended, or the members did not confirm it in time. */
export class OutcomeUnknown<T> extends Error {
  /** @param result of the work, which holds if the commit took place */
  constructor(
    readonly result: T,
    cause: unknown,
  ) {
    super('whether the commit took place is not known', { cause });
  }
}

/**
 * One transaction, tried once. @throws OutcomeUnknown when the commit was sent and not answered; whatever else it throws, nothing
 * was written
 */
export async function attempt<T>(commits: OwnCommits, work: (session: mongo.ClientSession) => Promise<T>): Promise<T> {
  const session = commits.connection.getClient().startSession();
  try {
    session.startTransaction(TRANSACTION);
    const result = await answered(work(session));
    try {
      await answered(session.commitTransaction());
    } catch (error) {
      throw new OutcomeUnknown(result, error);
    }
    commits.note(session);
    return result;
  } finally {
    // aborts what was not committed, and keeps work that is not waited for any more from going on; not waited for, since the server
    // that is asked may be the one that went silent
    void session.endSession();
  }
}

/** Pauses grow slowly: a replica that commits without a break leaves but a moment between two commits to the others. */
const FIRST_PAUSE_MS = 2;
const GROWTH = 1.1;
const LONGEST_PAUSE_MS = 100;

/**
 * Tries again what passes by itself: a conflict with another replica's commit, an election, a server that is away; also the
 * transaction of a frozen process, which the server ends after its transactionLifetimeLimitSeconds.
 * @param until on the clock of `performance`; it is tried once in any case
 * @param again whether to try again after an error that does not pass by itself @throws StorageUnavailable once patience ends
 */
export async function patiently<T>(
  until: number,
  attempt: () => Promise<T>,
  again: (error: unknown) => boolean = () => false,
): Promise<T> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(GROWTH * pause, LONGEST_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (again(error)) continue;
      const passes = isTransient(error instanceof OutcomeUnknown ? error.cause : error);
      if (!passes) throw error;
      if (performance.now() >= until)
        throw new StorageUnavailable('it could not be committed for long', { cause: error });
    }
    // by chance, so that two replicas do not meet again
    await sleep(Math.random() * pause);
  }
}
