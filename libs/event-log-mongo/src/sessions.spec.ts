import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { mongo } from 'mongoose';
import { CheckpointMoved, CommandReused, SourceGap, WrongExpectedVersion } from '@ihala/event-log';
import { event, published, push } from '@ihala/event-log/conformance';
import { describeWith } from '@ihala/test-servers';
import type { MongoService } from './index.js';
import { TestDatabase } from './server.fixtures.js';

await describeWith('mongodb', 'transactions', (uri) => {
  let database: TestDatabase;
  let service: MongoService;
  let commands: mongo.Document[];

  beforeEach(async () => {
    database = await TestDatabase.make(uri);
    service = await database.open({ monitorCommands: true });
    commands = [];
    service.connection.getClient().on('commandStarted', ({ command }) => void commands.push(command));
  });
  afterEach(() => database.drop());

  const sessionOf = ({ lsid }: mongo.Document) => (lsid.id as mongo.Binary).toString('hex');
  const transactionOf = (command: mongo.Document) => `${sessionOf(command)} ${String(command['txnNumber'])}`;

  const workAndFail = async () => {
    const { log, reactions } = service;
    const open = (stream: string, id: string, fingerprint = 'f') =>
      log.append({
        writes: [{ stream, expectedVersion: 0, events: [event('CaseOpened')] }],
        command: { id, fingerprint },
      });
    await open('cases/case-a', 'key');
    await expect(open('cases/case-a', 'other')).rejects.toThrow(WrongExpectedVersion);
    await expect(open('cases/case-b', 'key', 'g')).rejects.toThrow(CommandReused);
    await expect(log.observe('health', [published('health/referral-a', 1, 7)])).rejects.toThrow(SourceGap);
    await expect(reactions.moveCheckpoint('relay', 5, 6)).rejects.toThrow(CheckpointMoved);
    for (let n = 0; n < 20; n++) await push(log, 'cases/case-a', 'NoteAdded');
  };

  it('that have begun are committed or aborted, whatever becomes of the work', async () => {
    await workAndFail();
    const begun = commands.filter(({ startTransaction }) => startTransaction === true).map(transactionOf);
    expect(begun.length).toBeGreaterThan(24);
    // those that failed are ended without being waited for
    await push(service.log, 'cases/case-a', 'NoteAdded');
    const ended = commands.filter((command) => 'commitTransaction' in command || 'abortTransaction' in command);
    expect(begun.filter((one) => !ended.map(transactionOf).includes(one))).toEqual([]);
  });

  it('leave their sessions to the next ones', async () => {
    await workAndFail();
    expect(new Set(commands.filter(({ lsid }) => lsid !== undefined).map(sessionOf)).size).toBeLessThan(6);
  });
});
