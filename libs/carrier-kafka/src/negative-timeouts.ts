let quiet = false;

/**
 * On Node 24 and newer kafkajs causes one TimeoutNegativeWarning: it computes a pause that is over already, which does no harm.
 * That warning from there is not printed; every other one is.
 */
export function quietNegativeTimeouts(): void {
  if (quiet) return;
  quiet = true;
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    if (args[1] === 'TimeoutNegativeWarning' && /[/\\]kafkajs[/\\]/.test(new Error().stack ?? '')) return;
    emit(...args);
  };
}
