import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { StorageUnavailable } from '@ihala/event-log';
import { assertContiguous, event, push } from '@ihala/event-log/conformance';
import { describeWith } from '@ihala/test-servers';
import type { MongoService } from './index.js';
import { TestDatabase } from './server.fixtures.js';

const CHANNEL = 'net.client.socket';

await describeWith('mongodb', 'a connection that ends just as a command is written to it', (uri) => {
  let database: TestDatabase;
  let service: MongoService;
  let sockets: Set<Socket>;
  const see = (message: unknown) => void sockets.add((message as { socket: Socket }).socket);

  beforeEach(async () => {
    sockets = new Set();
    subscribe(CHANNEL, see);
    database = await TestDatabase.make(uri);
    service = await database.open();
    await push(service.log, 'cases/case-a', 'CaseOpened');
  });
  afterEach(async () => {
    unsubscribe(CHANNEL, see);
    await database.drop();
  }, 30_000);

  /** In the same turn: whoever writes to one now is not told that it has ended. */
  const end = () => {
    for (const socket of sockets) socket.destroy();
  };

  it.each<[string, () => Promise<unknown>]>([
    ['a reader', () => Array.fromAsync(service.log.readStream('cases/case-a'))],
    ['a head', () => service.log.head()],
    ['a checkpoint', () => service.reactions.moveCheckpoint('relay', 0, 1)],
  ])(
    'does not hang %s: it is unavailable, and is again',
    async (_, work) => {
      end();
      await expect(work()).rejects.toThrow(StorageUnavailable);
      await work();
    },
    30_000,
  );

  it('does not hang the log: the append is answered, and the next ones are', async () => {
    const stream = 'cases/case-b';
    end();
    const writes = [{ stream, expectedVersion: 0, events: [event('CaseOpened')] }];
    expect(await service.log.append({ writes })).toEqual({ replayed: false, versions: [{ stream, version: 1 }] });
    expect(await push(service.log, stream, 'ConsentGiven')).toBe(2);
    expect(await assertContiguous(service.log)).toHaveLength(3);
  }, 30_000);
});
