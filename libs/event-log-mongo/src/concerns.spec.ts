import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { mongo } from 'mongoose';
import type { View } from '@ihala/event-log';
import { collect, published, push } from '@ihala/event-log/conformance';
import { describeWith } from '@ihala/test-servers';
import { databaseOf } from './collections.js';
import { connect, migrate, type MongoService } from './index.js';
import { TestDatabase } from './server.fixtures.js';

const DURABLE = { w: 'majority', j: true };
const WRITES = ['insert', 'update', 'delete', 'findAndModify', 'commitTransaction', 'create', 'createIndexes', 'drop'];
const READS = ['find', 'aggregate', 'count', 'distinct'];

const view: View<{ n: number }> = {
  name: 'seen',
  version: 1,
  handles: ['CaseOpened'],
  indexes: [['n']],
  fold: ({ position }, docs) => docs.put('last', { n: position }),
};

await describeWith('mongodb', 'what is said with every command', (uri) => {
  let database: TestDatabase;
  let service: MongoService;
  let commands: mongo.Document[];

  beforeEach(async () => {
    database = await TestDatabase.make(uri);
    // weak ones in the address must not count
    service = await database.open({ monitorCommands: true }, `${uri}&w=1&journal=false&readConcernLevel=local`);
    commands = [];
    service.connection.getClient().on('commandStarted', ({ command }) => void commands.push(command));
  });
  afterEach(() => database.drop());

  const useAll = async () => {
    const { log, views, reactions, lease } = service;
    lease.keep({ start: () => {}, stop: async () => {} }, (error) => expect(error).toBe(0));
    await push(log, 'cases/case-a', 'CaseOpened');
    await log.observe('health', [published('health/referral-a', 1, 0)], {
      sequence: 3,
      at: '2026-11-20T12:00:00.000Z',
    });
    await log.findCommand('key');
    const events = await collect(log.readLog({ after: 0 }));
    await log.readAt([1]);
    await collect(log.readOwn({ from: 0 }));
    await Promise.all([log.head(), log.lastPosition(), log.sources()]);
    await views.declare([view]);
    await views.advance(view, 0, 2, events);
    await views.serve(view);
    await views.get(view, 'last');
    await views.find(view, { anyOf: [{}, { n: 1 }], sort: { field: 'n', direction: 'asc' }, limit: 3 });
    await reactions.moveCheckpoint('relay', 0, 1);
    await reactions.list(3);
    await reactions.count();
    await lease.end();
  };

  it('asks for the disks of a majority when it writes, and reads what a majority has', async () => {
    await useAll();
    const single = commands.filter(
      ({ startTransaction, autocommit }) => startTransaction === undefined && autocommit === undefined,
    );
    const writes = [...single, ...commands.filter((command) => 'commitTransaction' in command)].filter((command) =>
      WRITES.some((name) => name in command),
    );
    const reads = single.filter((command) => READS.some((name) => name in command));
    expect(writes.length).toBeGreaterThan(5);
    expect(reads.length).toBeGreaterThan(8);
    for (const write of writes) expect(write).toMatchObject({ writeConcern: DURABLE });
    for (const read of reads) expect(['majority', 'snapshot']).toContain(read['readConcern']?.level);
  });

  it('reads what it has committed, also of a primary that does not know yet that a majority has it', async () => {
    await push(service.log, 'cases/case-a', 'CaseOpened');
    const committed: mongo.Document[] = [];
    service.connection.getClient().on('commandSucceeded', ({ commandName, reply }) => {
      if (commandName === 'commitTransaction') committed.push(reply as mongo.Document);
    });
    await push(service.log, 'cases/case-a', 'ConsentGiven');
    commands = [];
    await collect(service.log.readStream('cases/case-a'));
    await service.log.findCommand('key');
    expect(commands).toHaveLength(2);
    const { operationTime } = committed[0] as { operationTime: mongo.Timestamp };
    for (const { readConcern } of commands) {
      expect(readConcern).toEqual({ level: 'majority', afterClusterTime: operationTime });
    }
  });

  it('begins each transaction on a snapshot, and reads from no secondary', async () => {
    await useAll();
    const begun = commands.filter(({ startTransaction }) => startTransaction === true);
    expect(begun.length).toBeGreaterThan(3);
    for (const first of begun) expect(first).toMatchObject({ readConcern: { level: 'snapshot' } });
    for (const command of commands) expect(command['$readPreference']?.mode ?? 'primary').toBe('primary');
  });

  it('asks for the disks of a majority when it migrates', async () => {
    const weak = `${uri}&w=1&journal=false&readConcernLevel=local`;
    const connection = await connect(weak, { database: database.name, monitorCommands: true });
    connection.getClient().on('commandStarted', ({ command }) => void commands.push(command));
    await databaseOf(connection).dropDatabase();
    commands = [];
    await migrate(connection, 'cases');
    await connection.close();
    const writes = commands.filter((command) => WRITES.some((name) => name in command));
    expect(writes.length).toBeGreaterThan(10);
    for (const write of writes) expect(write).toMatchObject({ writeConcern: DURABLE });
  });
});
