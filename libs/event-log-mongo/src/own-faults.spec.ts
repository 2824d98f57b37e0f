import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { StorageUnavailable } from '@ihala/event-log';
import { assertContiguous, event, push } from '@ihala/event-log/conformance';
import { describeWithOwn, startMongod, type Server } from '@ihala/test-servers';
import type { MongoService } from './index.js';
import { command, TestDatabase } from './server.fixtures.js';

const SINGLE = ['find', 'aggregate', 'findAndModify', 'update', 'delete'];
const INSIDE = ['update', 'insert', 'commitTransaction', 'find'];

await describeWithOwn('mongodb', 'a server that answers for its own sake that it', () => {
  let server: Server;
  let database: TestDatabase;
  let service: MongoService;

  beforeAll(async () => {
    server = await startMongod({ parameters: { enableTestCommands: 1 } });
    database = await TestDatabase.make(server.address);
    service = await database.open();
    await push(service.log, 'cases/case-a', 'CaseOpened');
  }, 60_000);
  afterAll(async () => {
    await database.drop();
    await server.stop();
  }, 60_000);

  const failing = async (errorCode: number, failCommands: readonly string[], work: () => Promise<void>) => {
    const data = { errorCode, failCommands, appName: 'ihala' };
    await command(server.port, { configureFailPoint: 'failCommand', mode: { times: 2 }, data });
    try {
      await work();
    } finally {
      await command(server.port, { configureFailPoint: 'failCommand', mode: 'off' });
    }
  };

  const faults: readonly (readonly [string, number])[] = [
    ['can’t reach the others', 6],
    ['stops', 91],
    ['stepped down', 189],
    ['is interrupted by that', 11602],
    ['is no primary', 13435],
    ['took too long', 50],
    ['has no majority view yet', 134],
    ['has no keys for its clock yet', 211],
    ['has no room', 14031],
  ];

  it.each(faults)(
    '%s, is unavailable to readers, and to who writes without the log',
    async (_, code) => {
      const { log, reactions } = service;
      const errand = { id: 'errand', reaction: 'relay', target: 'cases/case-a' };
      const ways: readonly (() => Promise<unknown>)[] = [
        () => Array.fromAsync(log.readStream('cases/case-a')),
        () => log.findCommand('key'),
        () => log.lastPosition(),
        () => log.head(),
        () => reactions.checkpoint('relay'),
        () => reactions.count(),
        () => reactions.park(errand as never),
        () => reactions.unpark('errand'),
        () => service.views.declare([]),
      ];
      for (const way of ways) {
        await failing(code, SINGLE, () => expect(way()).rejects.toThrow(StorageUnavailable));
      }
    },
    60_000,
  );

  it.each(faults)(
    '%s, is outwaited by appends',
    async (_, code) => {
      const before = await service.log.lastPosition();
      for (const inside of INSIDE) {
        const stream = `cases/case-${code}-${inside}`;
        await failing(code, [inside], async () => {
          const writes = [{ stream, expectedVersion: 0, events: [event('CaseOpened')] }];
          expect((await service.log.append({ writes })).versions).toEqual([{ stream, version: 1 }]);
        });
      }
      expect((await assertContiguous(service.log)).length).toBe(before + INSIDE.length);
    },
    60_000,
  );
});
