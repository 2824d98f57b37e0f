import { parseArgs, type ParseArgsConfig } from 'node:util';

/** What was typed makes no sense: exit code 2, with the usage. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<Named extends Options> = ReturnType<
  typeof parseArgs<{ options: Named & { help: { type: 'boolean'; short: 'h' } }; allowPositionals: true }>
>;

/**
 * Runs a command line program: `--help` prints the usage; exit code 0 when it is done, 2 when it was called wrongly, 1 when
 * it could not be done. Why stands on standard error.
 */
export function commandLine<Named extends Options>(
  usage: string,
  options: Named,
  run: (values: Parsed<Named>['values'], positionals: readonly string[]) => Promise<void>,
): void {
  const parse = (): Parsed<Named> => {
    try {
      const config = { options: { ...options, help: { type: 'boolean', short: 'h' } }, allowPositionals: true };
      return parseArgs(config as never) as Parsed<Named>;
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
  };
  const perform = async (): Promise<void> => {
    const { values, positionals } = parse();
    if ((values as { help?: boolean }).help) process.stdout.write(usage);
    else await run(values, positionals);
  };
  perform().catch((error: unknown) => {
    const { message } = error as Error;
    process.stderr.write(error instanceof UsageError ? `${message}\n\n${usage}` : `${message}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  });
}

/** The one argument of a program that takes one. @throws UsageError */
export function only(positionals: readonly string[], what: string): string {
  const [first, ...others] = positionals;
  if (first === undefined || others.length > 0) throw new UsageError(`${what} is needed, and nothing else`);
  return first;
}

export const say = (line: string): void => void process.stdout.write(`${line}\n`);
