import { serviceLogger } from '../logging.js';
import { say } from './command-line.js';
import type { StartFailure } from './start-failure.js';

interface Started {
  stop(): Promise<void>;
}

export interface ToRun {
  /** in its logs */
  readonly name: string;
  readonly logLevel: string;
  /** Starts it, and says that it is ready. */
  start(): Promise<Started>;
  failure(error: unknown): StartFailure;
}

/** Whatever is under way then is cut: nothing that was acknowledged is lost by it. */
const LONGEST_STOP_MS = 18_000;

/**
 * Runs a process until SIGTERM or SIGINT, which it heeds when what is under way is finished, its start included. Ends the process
 * in any case, and within 20 s of the signal.
 */
export async function untilStopped({ name, logLevel, start, failure }: ToRun): Promise<void> {
  // a fault that nobody caught may quote what somebody sent: it is logged like any other, without its words
  process.on('uncaughtException', (error) => {
    serviceLogger(name, logLevel).fatal({ err: error }, 'uncaught');
    process.exit(1);
  });
  const started = start().catch((error: unknown) => fail(couldNotStart, failure(error)));
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    say(`${signal}: finishing what is under way`);
    const couldNotStop = (message: string) => fail('could not stop cleanly', { message, exitCode: 1 });
    setTimeout(() => couldNotStop('it took too long'), LONGEST_STOP_MS);
    started
      .then((it) => it.stop())
      .then(
        () => process.exit(0),
        (error: unknown) => couldNotStop((error as Error).message),
      );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  await started;
}

const couldNotStart = 'Ihala could not start';

export function fail(what: string, { message, exitCode }: StartFailure): never {
  process.stderr.write(`${what}: ${message}\n`);
  process.exit(exitCode);
}

/** The settings of a process that can't start without. @param read throws what `failure` can put into words */
export function settingsOr<Settings>(read: () => Settings, failure: (error: unknown) => StartFailure): Settings {
  try {
    return read();
  } catch (error) {
    return fail(couldNotStart, failure(error));
  }
}
