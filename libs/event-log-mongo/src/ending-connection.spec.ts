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

  /** The other side has ended them, and the system says so to who writes to one: as Node does between that and the closing. */
  const leave = () => {
    for (const socket of sockets) {
      socket.write = () => {
        socket.destroy(Object.assign(new Error('ended by the other party'), { code: 'EPIPE' }));
        return false;
      };
    }
  };

  it('is the server’s fault, to a reader', async () => {
    leave();
    await expect(Array.fromAsync(service.log.readStream('cases/case-a'))).rejects.toThrow(StorageUnavailable);
  }, 30_000);

  it('does not fail an append', async () => {
    const writes = [{ stream: 'cases/case-b', expectedVersion: 0, events: [event('CaseOpened')] }];
    leave();
    expect((await service.log.append({ writes })).replayed).toBe(false);
  }, 30_000);
});
