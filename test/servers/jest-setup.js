import { once } from 'node:events';
import { KEEPER, startKeeper } from './keeper-process.ts';

/** Starts the keeper; servers come when a test asks for one. */
export default function setUp() {
  const { child, socket } = startKeeper();
  process.env[KEEPER] = socket;
  globalThis.endKeeper = async () => {
    const ended = once(child, 'exit');
    child.stdin.end();
    // it gives up by itself before that
    setTimeout(() => child.kill('SIGKILL'), 40_000).unref();
    await ended;
  };
}
