/**
 * In MONGODB_URL, with the engine of the folder that it is run in: two fold one view, and nobody keeps the lease. One stands still
 * between its fold and its commit while the other goes on. Prints the documents, and those of a fold from the beginning.
 */
import { connect, migrate, openMongoService } from '@ihala/event-log-mongo';

const { MONGODB_URL: url, DATABASE: database } = process.env;
const streams = ['cases/case-a', 'cases/case-b'];

const connection = await connect(url, { database });
await migrate(connection, 'cases');
const open = () => openMongoService(url, 'cases', { database });
const [late, other, witness] = [await open(), await open(), await open()];
await record(other.log);
const events = await Array.fromAsync(other.log.readLog({ after: 0 }));

const [reached, thawed] = [Promise.withResolvers(), Promise.withResolvers()];
const frozen = tally('tally', () => (reached.resolve(), thawed.promise));
const [overtaken, again] = [tally('tally'), tally('tally-again')];
await late.views.declare([frozen]);
await other.views.declare([overtaken]);
const slept = late.views.advance(frozen, 0, 1, events.slice(0, 1));
await reached.promise;
await other.views.advance(overtaken, 0, 3, events);
thawed.resolve();
// whoever got through goes on from there, as its loop would
const through = await slept.catch(() => undefined);
if (through !== undefined) await late.views.advance(frozen, through, 3, events.slice(through));

await witness.views.declare([overtaken, again]);
await witness.views.advance(again, 0, 3, events);
process.stdout.write(JSON.stringify([await documents(again), await documents(overtaken)]));
for (const service of [late, other, witness]) await service.close();
await connection.dropDatabase();
await connection.close();

/** One event of the first case, two of the second. */
async function record(log) {
  const [id, actor] = [crypto.randomUUID(), { agency: 'oim', subject: 'fatima', role: 'caseworker' }];
  const about = { schemaVersion: 1, occurredAt: '2026-11-20T09:30:00.000Z', correlationId: id, causationId: id, actor };
  const opened = () => ({ id: crypto.randomUUID(), type: 'CaseOpened', data: {}, ...about });
  const [first, second] = streams;
  const writes = [
    { stream: first, expectedVersion: 0, events: [opened()] },
    { stream: second, expectedVersion: 0, events: [opened(), opened()] },
  ];
  await log.append({ writes });
}

/** Counts the events of each case. */
function tally(name, pause = () => undefined) {
  const fold = async ({ stream }, docs) => {
    const count = (await docs.get(stream))?.count ?? 0;
    await pause();
    docs.put(stream, { count: count + 1 });
  };
  return { name, version: 1, handles: ['CaseOpened'], indexes: [], fold };
}

async function documents(view) {
  const found = await Promise.all(streams.map((stream) => witness.views.get(view, stream)));
  return streams.map((stream, index) => [`view ${stream}`, JSON.stringify(found[index])]);
}
