import { DatabaseSync } from 'node:sqlite';
import { type EventLog, type NewEvent, ViewRunner } from '@ihala/event-log';
import { openSqliteService, type SqliteService } from '@ihala/event-log-sqlite';
import { catalogue } from '@ihala/health';
import { decide, evolve, initialState, type ReferralEvent, type ReferralState } from '@ihala/referral';
import { sectorBlueprint } from '@ihala/service-kit';
import { type Lanes, until } from './contest.js';
import type { Row } from './life.js';
import { insertsInto } from './log-files.js';
import { multiplied } from './multiplied.js';
import type { Peer } from './peer.js';

const CALLERS = 32;
/** More than a lane gets through in one round. */
const SUPPLY = 2500;

/** An append as a caller has it at hand, before anything is written. */
interface Sending {
  readonly stream: string;
  readonly event: NewEvent;
  readonly command: { readonly id: string; readonly fingerprint: string };
}

/** One health log twice: as the engine opens it, and bare. */
export class LogPair {
  readonly ours: SqliteService;
  readonly bare: DatabaseSync;
  readonly #inserts: ReturnType<typeof insertsInto>;
  readonly #histories: readonly { readonly stream: string; readonly version: number }[];
  #position: number;
  #sequence: number;

  /** @param copy the same file again, for the floor */
  constructor(
    path: string,
    copy: string,
    private readonly told: readonly Row[],
    private readonly peer?: Peer,
  ) {
    this.ours = openSqliteService(path, 'health');
    this.bare = new DatabaseSync(copy);
    this.bare.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 8000',
    );
    this.#inserts = insertsInto(this.bare);
    const end = this.bare.prepare('SELECT max(position) AS position, max(sequence) AS sequence FROM events').get();
    ({ position: this.#position, sequence: this.#sequence } = end as { position: number; sequence: number });
    const longest = Math.max(
      ...told.filter(({ stream }) => stream.startsWith('health/')).map(({ version }) => version),
    );
    this.#histories = this.bare
      .prepare('SELECT stream, version FROM events WHERE version = ? AND source IS NULL')
      .all(longest) as { stream: string; version: number }[] as never;
  }

  get events(): number {
    return this.#position;
  }

  sequential(): Lanes {
    return this.#appending(
      async (supply) => {
        await send(this.ours.log, supply());
        return 1;
      },
      (supply) => {
        this.#insert([supply()]);
        return 1;
      },
      async (peer, supply) => {
        const { stream, event } = supply();
        await peer.append(stream, event);
        return 1;
      },
    );
  }

  concurrent(): Lanes {
    return this.#appending(
      async (supply) => {
        await Promise.all(Array.from({ length: CALLERS }, () => send(this.ours.log, supply())));
        return CALLERS;
      },
      (supply) => {
        this.#insert(Array.from({ length: CALLERS }, supply));
        return CALLERS;
      },
    );
  }

  /** Reads a history of some 20 events, decides on it, and appends what follows, which rests on it. */
  loadDecideAppend(): Lanes {
    const history = this.bare.prepare(
      'SELECT position, stream, version, source, sequence, recorded_at, body FROM events WHERE stream = ? AND version >= 1 ORDER BY version',
    );
    history.setReturnArrays(true);
    const any = () => this.#histories[Math.floor(Math.random() * this.#histories.length)]!;
    return this.#appending(
      async (supply) => {
        await followUp(this.ours.log, any().stream, supply());
        return 1;
      },
      (supply) => {
        history.all(any().stream);
        this.#insert([supply()]);
        return 1;
      },
      async (peer, supply) => {
        const { stream, event } = supply();
        const state = foldedFrom(await peer.load(peer.histories[Math.floor(Math.random() * peer.histories.length)]!));
        await peer.append(stream, { ...event, data: sendingOn(event, state) });
        return 1;
      },
    );
  }

  /** Folds the whole log into the work lists of a sector. */
  rebuild(): Lanes {
    const { log, views } = this.ours;
    const all = sectorBlueprint(catalogue).views;
    const scan = this.bare.prepare(
      'SELECT position, stream, version, source, sequence, recorded_at, body FROM events WHERE position > ? ORDER BY position LIMIT 500',
    );
    scan.setReturnArrays(true);
    return {
      ...(this.peer && { peer: this.peer.rebuild(all) }),
      ours: {
        prepare: () => views.declare([]),
        run: async () => {
          const end = await log.lastPosition();
          const runner = new ViewRunner(log, views, all, { onError: fail });
          await runner.start();
          await runner.caughtUp(end);
          await runner.stop();
          return end;
        },
      },
      floor: {
        run: async () => {
          let after = 0;
          for (;;) {
            const rows = scan.all(after) as unknown as [number, ...unknown[]][];
            for (const row of rows) JSON.parse(row[6] as string);
            if (rows.length === 0) return this.#position;
            after = rows.at(-1)![0];
          }
        },
      },
    };
  }

  async close(): Promise<void> {
    await this.ours.close();
    this.bare.close();
    this.peer?.close();
  }

  /** What is appended is made before the clock runs, for both lanes alike. */
  #appending(
    ours: (supply: () => Sending) => Promise<number>,
    floor: (supply: () => Sending) => number,
    theirs?: (peer: Peer, supply: () => Sending) => Promise<number>,
  ): Lanes {
    const { peer } = this;
    let stock: Sending[] = [];
    const prepare = async () => {
      stock = sendings(this.told, SUPPLY);
    };
    const supply = () => stock.pop() ?? fail(new Error('the supply ran out: shorten the rounds'));
    const bounded = (piece: () => Promise<number> | number) => (ms: number) =>
      until(ms, async () => (stock.length < CALLERS ? 0 : piece()));
    return {
      ours: { prepare, run: bounded(() => ours(supply)) },
      floor: { prepare, run: bounded(() => floor(supply)) },
      ...(peer && theirs && { peer: { prepare, run: bounded(() => theirs(peer, supply)) } }),
    };
  }

  #insert(sendings: readonly Sending[]): void {
    const { begin, event: insertEvent, command: insertCommand, commit } = this.#inserts;
    begin.run();
    for (const { stream, event, command } of sendings) {
      const recordedAt = new Date().toISOString();
      const body = JSON.stringify(event);
      insertEvent.run(++this.#position, stream, 1, null, ++this.#sequence, recordedAt, event.caseId!, body);
      insertCommand.run(command.id, command.fingerprint, JSON.stringify([{ stream, version: 1 }]));
    }
    commit.run();
  }
}

const send = (log: EventLog, { stream, event, command }: Sending) =>
  log.append({ writes: [{ stream, expectedVersion: 0, events: [event] }], command });

async function followUp(log: EventLog, stream: string, { stream: next, event, command }: Sending): Promise<void> {
  const history = await Array.fromAsync(log.readStream(stream));
  const state = foldedFrom(history);
  await log.append({
    writes: [{ stream: next, expectedVersion: 0, events: [{ ...event, data: sendingOn(event, state) }] }],
    guards: [{ stream, version: state.version }],
    command,
  });
}

function foldedFrom(history: readonly { readonly type: string; readonly data: object }[]) {
  const state = history.reduce<ReferralState>((at, of) => evolve(at, of as unknown as ReferralEvent), initialState);
  if (state.status === 'none') throw new Error('there is no such referral');
  return state;
}

function sendingOn(event: NewEvent, { referralId }: { readonly referralId: string }): NewEvent['data'] {
  const sent = { ...(event.data as object), follows: referralId } as never;
  const [decided] = decide({ action: 'send', sent, personal: {} as never }, initialState) as ReferralEvent[];
  return decided!.data as never;
}

/** Sent referrals, sealed words included, each a stream of its own. */
function sendings(told: readonly Row[], count: number): Sending[] {
  const sent = told.filter(({ stream, version }) => stream.startsWith('health/') && version === 1);
  return Array.from(multiplied(sent, count, 1000), ({ stream, body, command }) => ({
    stream,
    event: JSON.parse(body) as NewEvent,
    command: command!,
  }));
}

function fail(error: unknown): never {
  throw error;
}
