import { exchange } from './keeper/exchange.js';

/** Whether a process of this id is there. */
export function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

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
