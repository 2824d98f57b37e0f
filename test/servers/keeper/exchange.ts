import { createConnection } from 'node:net';

/** What a server on this port answers first to these bytes. @throws Error when nothing comes within a second */
export function exchange(port: number, bytes: Uint8Array | string): Promise<Buffer> {
  const socket = createConnection(port, '127.0.0.1');
  return new Promise<Buffer>((resolve, reject) => {
    socket.setTimeout(1000, () => socket.destroy(new Error('no answer')));
    socket.once('connect', () => socket.write(bytes));
    socket.once('data', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('it hung up')));
  }).finally(() => socket.destroy());
}
