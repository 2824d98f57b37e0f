import { NoServer } from './keeper-client.js';
import type { Kind } from './protocol.js';
import { prepare, shared } from './servers.js';

/**
 * `await describeWith('kafka', 'a relay', (address) => { … })`: a block of tests that use the shared server. Where
 * none can be had, one test says so: it is skipped, and fails where `CI` is set.
 */
export const describeWith = (kind: Kind, name: string, tests: (address: string) => void): Promise<void> =>
  describeHaving(() => shared(kind), name, tests);

/** The same for tests that start servers of their own. */
export const describeWithOwn = (kind: Kind, name: string, tests: () => void): Promise<void> =>
  describeHaving(() => prepare(kind), name, tests);

/** The same for tests that use several shared servers. */
export const describeWithAll = (kinds: readonly Kind[], name: string, tests: () => void): Promise<void> =>
  describeHaving(() => Promise.all(kinds.map(shared)), name, tests);

async function describeHaving<Had>(have: () => Promise<Had>, name: string, tests: (had: Had) => void): Promise<void> {
  // not above: programs that are no tests take their servers from here as well
  const { describe, test } = await import('@jest/globals');
  try {
    const had = await have();
    describe(name, () => tests(had));
  } catch (error) {
    if (!(error instanceof NoServer)) throw error;
    const { message } = error;
    if (inCi()) {
      describe(name, () => test('has a server', () => Promise.reject(new Error(message))));
    } else {
      process.stderr.write(`SKIPPED: ${name}: ${message}\n`);
      describe(name, () => test.skip(message, () => undefined));
    }
  }
}

const inCi = () => !['', '0', 'false', undefined].includes(process.env['CI']);
