import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Free ports below those that the kernel gives to connections (32768 and up): there, a client that keeps trying
 * a server that was killed would sooner or later be given its port, connect to itself and keep the server out.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
