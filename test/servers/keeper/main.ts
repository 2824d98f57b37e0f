// Keeps the servers of a test run: starts what is asked for, and ends everything when the run has ended.
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { NoServer } from '../keeper-client.js';
import type { Answer, Request, ToldGroup } from '../protocol.js';
import { doTo, primaryOf, shared, startGroup, stop, stopAll } from './keeping.js';
import { sourceOf } from './sources.js';

const [path] = process.argv.slice(2) as [string];

/** Serves one process; what it had started of its own ends with it. */
function serve(socket: Socket): void {
  const own = new Set<number>();
  let gone = false;
  createInterface(socket).on('line', (line) => void reply(JSON.parse(line) as Request & { n: number }));
  socket.on('error', () => undefined);
  socket.on('close', () => {
    gone = true;
    void stop(own);
  });

  async function reply({ n, ...request }: Request & { n: number }): Promise<void> {
    const answer: Answer = await answerTo(request, own).then(
      (value) => ({ n, value }),
      (error: Error) => ({ n, error: error.message, absent: error instanceof NoServer }),
    );
    if (gone) void stop(own);
    else socket.write(`${JSON.stringify(answer)}\n`);
  }
}

async function answerTo(request: Request, own: Set<number>): Promise<unknown> {
  switch (request.ask) {
    case 'shared':
      return shared(request.kind);
    case 'prepare':
      return void (await sourceOf(request.kind));
    case 'start':
      return added(own, await startGroup(request.kind, request.options));
    case 'primary':
      return primaryOf(request.group);
    case 'do':
      return doTo(request.server, request.deed);
    default:
      return request satisfies never;
  }
}

function added(own: Set<number>, group: ToldGroup): ToldGroup {
  for (const { id } of group.servers) own.add(id);
  return group;
}

async function end(): Promise<never> {
  listener.close();
  rmSync(dirname(path), { recursive: true, force: true });
  // a container may be slow to go; a process is not
  setTimeout(() => process.exit(1), 30_000).unref();
  await stopAll();
  process.exit(0);
}

const listener = createServer(serve).listen(path);
process.stdin.on('end', () => void end()).on('error', () => void end());
process.stdin.resume();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => void end());
