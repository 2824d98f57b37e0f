import { setTimeout as sleep } from 'node:timers/promises';
import { exchange } from './keeper/exchange.js';

/** Whether a process of this id is there. */
export function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** @throws Error when it takes more than 40 s */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = performance.now() + 40_000; !(await condition());) {
    if (performance.now() > end) throw new Error('waited in vain');
    await sleep(20);
  }
}

/** Whether nothing listens there. */
export const isClosed = (port: number): Promise<boolean> =>
  exchange(port, '\r\n').then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
  );

/** @param command as one line, `GET tea` */
export const askRedis = async (port: number, command: string): Promise<string> =>
  (await exchange(port, `${command}\r\n`)).toString().trim();

/** Asks a broker about topics, or `null`: about all that there are. @returns the answer's bytes, as text */
export async function askKafka(port: number, topics: readonly string[] | null): Promise<string> {
  const names = (topics ?? []).map((name) => Buffer.concat([int16(name.length), Buffer.from(name)]));
  const body = Buffer.concat([int16(3), int16(1), int32(0), int16(-1), int32(topics?.length ?? -1), ...names]);
  return (await exchange(port, Buffer.concat([int32(body.length), body]))).toString('latin1');
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
