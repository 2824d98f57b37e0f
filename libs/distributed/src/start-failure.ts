import { UnfitTopic } from '@ihala/carrier-kafka';
import { WrongSchema } from '@ihala/event-log-mongo';
import { exitCodes, failureOf, type StartFailure } from '@ihala/service-kit';

/** A server is not there (yet, or any more), or does not take us. */
class ServerRefused extends Error {
  /** @param setting that says where it is */
  constructor(
    setting: string,
    private readonly fault: Error & { readonly code?: unknown },
  ) {
    super(`${setting}: ${fault.message}`, { cause: fault });
  }

  /** Another try with the same settings ends in the same way. */
  get isForGood(): boolean {
    const { name, code } = this.fault;
    return forGood.has(name) || forGood.has(code) || /SASLAuthentication/.test(name);
  }
}

/** What the drivers say of an address or of credentials. */
const forGood: ReadonlySet<unknown> = new Set([
  ...['MongoParseError', 'MongoInvalidArgumentError', 'MongoMissingCredentialsError', 'MongoAPIError'],
  ...[13, 18], // not authorized, authentication failed
]);

/** How long a server that says nothing is waited for. */
const PATIENCE_MS = 30_000;

/** @param setting that says where the server is @throws ServerRefused for the driver's errors */
export async function reached<T>(setting: string, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ServerRefused(setting, new Error('no answer'))), PATIENCE_MS);
  });
  try {
    return await Promise.race([work(), silence]);
  } catch (error) {
    throw error instanceof Error && /^(Mongo|Kafka)/.test(error.name) ? new ServerRefused(setting, error) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Why a process could not start, or not prepare the servers. */
export function distributedFailureOf(error: unknown): StartFailure {
  if (error instanceof WrongSchema) {
    return { message: `${error.message} (--migrate)`, exitCode: exitCodes.settings };
  }
  if (error instanceof UnfitTopic) return { message: error.message, exitCode: exitCodes.settings };
  if (error instanceof ServerRefused) {
    return { message: error.message, exitCode: error.isForGood ? exitCodes.settings : exitCodes.tryLater };
  }
  return failureOf(error);
}
