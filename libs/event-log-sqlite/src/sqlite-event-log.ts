import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  assertObservable,
  CommandReused,
  prepareAppend,
  SourceForked,
  StoredEventLog,
  WrongExpectedVersion,
  type Append,
  type AppendResult,
  type LogHead,
  type PreparedAppend,
  type PreparedWrite,
  type PublishedEvent,
  type RecordedCommand,
  type SourceProgress,
  type Versions,
} from '@ihala/event-log';
import { EventsTable } from './events-table.js';
import { GroupCommit } from './group-commit.js';
import { ObservedEvents } from './observe.js';
import { Sources } from './sources-table.js';
import { storageFault } from './storage-fault.js';

/**
 * The event log in one SQLite file. The process that has it open is its only writer (see openDataFile), so the counters are kept
 * in memory; they are advanced inside the transaction and taken back with it.
 */
export class SqliteEventLog extends StoredEventLog {
  readonly #events: EventsTable;
  readonly #sources: Sources;
  readonly #observed: ObservedEvents;
  readonly #group: GroupCommit;
  readonly #findCommand: StatementSync;
  readonly #insertCommand: StatementSync;
  #position: number;
  #sequence: number;
  /** the last instant given out; later ones are never before it, whatever the clock does */
  #instant: string;
  /** the last position that readers have been woken for */
  #announced: number;

  /**
   * @param db a data file opened for `service`, shared with nothing but its view store
   * @param onAppended told after each commit how many events it held
   */
  constructor(
    db: DatabaseSync,
    readonly service: string,
    private readonly clock: () => Date = () => new Date(),
    onAppended: (events: number) => void = () => {},
  ) {
    const events = new EventsTable(db);
    super(events);
    this.#events = events;
    this.#sources = new Sources(db, this.#events);
    this.#observed = new ObservedEvents(db, this.#events, this.#sources);
    this.#findCommand = db.prepare(
      'SELECT id, fingerprint, versions FROM commands WHERE substr(id, 1, 6) = substr(?1, 1, 6) AND id = ?1',
    );
    this.#insertCommand = db.prepare('INSERT INTO commands (id, fingerprint, versions) VALUES (?, ?, ?)');
    const end = this.#events.end();
    this.#position = this.#announced = end.position;
    this.#sequence = end.sequence;
    this.#instant = end.recordedAt;
    this.#group = new GroupCommit(db, { save: () => this.#saveCounters() }, () => {
      if (this.#position > this.#announced) onAppended(this.#position - this.#announced);
      this.#announceNew();
    });
  }

  async append(append: Append): Promise<AppendResult> {
    const prepared = prepareAppend(this.service, append);
    try {
      return await this.#group.run(() => this.#write(prepared));
    } catch (error) {
      throw storageFault(error);
    }
  }

  async findCommand(id: string): Promise<RecordedCommand | undefined> {
    return this.#command(id);
  }

  async observe(source: string, events: readonly PublishedEvent[], head?: LogHead): Promise<number> {
    assertObservable(this.service, source, events);
    this.#group.assertOpen();
    const { count, forkedAt } = this.#observed.copy({ source, events, head }, this.#position);
    this.#position += count;
    this.#announceNew();
    if (forkedAt !== undefined) {
      throw new SourceForked(`${source} contradicts itself at ${forkedAt.stream}, version ${forkedAt.version}`);
    }
    return count;
  }

  async lastPosition(): Promise<number> {
    return this.#position;
  }

  async head(): Promise<LogHead> {
    return { sequence: this.#sequence, at: this.#now() };
  }

  async sources(): Promise<readonly SourceProgress[]> {
    return this.#sources.list();
  }

  /** Refuses new appends and resolves once those already taken are answered. Whoever opened the data file closes it. */
  close(): Promise<void> {
    return this.#group.close();
  }

  /** Inside the group's transaction and a savepoint of its own. */
  #write({ writes, guards, command }: PreparedAppend): AppendResult {
    const earlier = command && this.#command(command.id);
    if (earlier !== undefined) {
      if (earlier.fingerprint !== command?.fingerprint)
        throw new CommandReused(`command ${earlier.id} was another one`);
      return { replayed: true, versions: earlier.versions };
    }
    for (const { stream, expectedVersion } of writes) this.#expect(stream, expectedVersion);
    for (const { stream, version } of guards) this.#expect(stream, version);
    const versions = this.#insert(writes);
    if (command) this.#insertCommand.run(command.id, command.fingerprint, JSON.stringify(versions));
    return { replayed: false, versions };
  }

  #insert(writes: readonly PreparedWrite[]): Versions {
    const recordedAt = this.#now();
    return writes.map(({ stream, expectedVersion, events }) => {
      let version = expectedVersion;
      for (const { caseId, body } of events) {
        this.#events.insert({
          position: ++this.#position,
          stream,
          version: ++version,
          source: null,
          sequence: ++this.#sequence,
          recordedAt,
          caseId: caseId ?? null,
          body,
        });
      }
      return { stream, version };
    });
  }

  #expect(stream: string, expected: number): void {
    const actual = this.#events.tail(stream);
    if (actual !== expected) throw new WrongExpectedVersion(stream, expected, actual);
  }

  #command(id: string): RecordedCommand | undefined {
    const row = this.#findCommand.get(id) as { id: string; fingerprint: string; versions: string } | undefined;
    return row && { id: row.id, fingerprint: row.fingerprint, versions: JSON.parse(row.versions) as Versions };
  }

  #now(): string {
    const now = this.clock().toISOString();
    if (now > this.#instant) this.#instant = now;
    return this.#instant;
  }

  #saveCounters(): () => void {
    const [position, sequence] = [this.#position, this.#sequence];
    return () => {
      this.#position = position;
      this.#sequence = sequence;
    };
  }

  #announceNew(): void {
    if (this.#position === this.#announced) return;
    this.#announced = this.#position;
    this.announce();
  }
}
