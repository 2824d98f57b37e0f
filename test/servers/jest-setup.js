import { once } from 'node:events';
import { KEEPER, startKeeper } from './keeper-process.ts';

/** Starts the keeper; servers come when a test asks for one. */
export default function setUp() {
  const { child, socket } = startKeeper();
  process.env[KEEPER] = socket;
  globalThis.endKeeper = async () => {
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
  };
}
