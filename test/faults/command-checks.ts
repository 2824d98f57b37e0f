import type { CommandRow, DataFile, LoggedEvent } from './data-folder.js';
import type { Finding } from './finding.js';
import { type Entry, verdictOf } from './ledger.js';

/**
 * Commands against the log: found by the correlation id that they carried, and told apart by what caused them. A request that was
 * done twice has two causes, since every request has an id of its own.
 */
export function checkCommands(files: readonly DataFile[], entries: readonly Entry[]): Finding[] {
  const known = new Set(entries.map(({ command }) => command.correlation));
  return files.flatMap((file) => {
    const own = file.events.filter((event) => event.source === undefined);
    const { requested = [], followed = [] } = Object.groupBy(own, ({ actor }) =>
      actor.agency === 'ihala' ? 'followed' : 'requested',
    );
    const done = Map.groupBy(requested, (event) => event.correlationId);
    const rows = new CommandRows(file);
    return [
      ...rows.stray(own),
      ...entries
        .filter(({ command }) => command.service === file.service)
        .flatMap((entry) => checkEntry(file, entry, done.get(entry.command.correlation) ?? [], rows)),
      ...requested
        .filter(({ correlationId }) => !known.has(correlationId))
        .map(({ position, type }) => ({ check: 'stray-event', file: file.file, position, what: type })),
      ...checkFollowUps(file, followed, rows),
    ];
  });
}

function checkEntry({ file }: DataFile, entry: Entry, events: readonly LoggedEvent[], rows: CommandRows): Finding[] {
  const verdict = verdictOf(entry);
  const [first] = events;
  const what = `${entry.command.path} ${entry.command.key}`;
  const found = (check: string) => [{ check, file, ...(first && { position: first.position }), what }];
  if (!first) return verdict === 'once' ? found('acknowledged-missing') : [];
  if (verdict === 'never') return found('refused-written');
  if (events.some(({ causationId }) => causationId !== first.causationId)) return found('done-twice');
  if (!isOneCommit(events)) return found('half-written');
  const recorded = rows.of(events);
  return [
    ...(recorded === 1 ? [] : found(recorded === 0 ? 'command-row-missing' : 'command-row-twice')),
    ...(entry.acknowledged.every(({ id, version }) => isResult(events, id, version)) ? [] : found('told-otherwise')),
    // a caller may have lost sight of it meanwhile (403, 404); a repeat is never refused for what the command itself did
    ...(entry.refusedAgain.some((refusal) => /^4(09|12|22)/.test(refusal)) ? found('repeat-refused') : []),
  ];
}

const isOneCommit = (events: readonly LoggedEvent[]): boolean =>
  events.every(
    (event, index) => event.position === events[0]!.position + index && event.recordedAt === events[0]!.recordedAt,
  );

/** What was answered is what is recorded: that version, of that thing. */
const isResult = (events: readonly LoggedEvent[], id: string, version: number): boolean =>
  events.some(
    (event) => event.version === version && (event.stream.includes(id) || JSON.stringify(event.data).includes(id)),
  );

/** What one event, or one instant, caused in one stream, it caused once, and left a row. */
function checkFollowUps({ file }: DataFile, followed: readonly LoggedEvent[], rows: CommandRows): Finding[] {
  const caused = Map.groupBy(followed, ({ causationId, stream, type }) => `${causationId} ${stream} ${type}`);
  return [...caused.values()].flatMap((events) => {
    const { position, type } = events[0]!;
    if (events.length > 1) return [{ check: 'reacted-twice', file, position, what: type }];
    return rows.covers(events[0]!) ? [] : [{ check: 'reaction-row-missing', file, position, what: type }];
  });
}

/** The table of commands, by what each one wrote last. */
class CommandRows {
  readonly #byEnd: Map<string, CommandRow[]>;
  readonly #last = new Map<string, number[]>();

  constructor(private readonly file: DataFile) {
    const ends = file.commands.flatMap((row) => row.versions.map((end) => ({ row, ...end })));
    this.#byEnd = Map.groupBy(ends, endOf) as never;
    for (const { stream, version } of ends) this.#last.set(stream, [...(this.#last.get(stream) ?? []), version]);
  }

  /** Rows that say they wrote what is not there. */
  stray(own: readonly LoggedEvent[]): Finding[] {
    const there = new Set(own.map(endOf));
    return this.file.commands
      .filter(({ versions }) => versions.some((end) => end.version > 0 && !there.has(endOf(end))))
      .map(({ id }) => ({ check: 'command-row-stray', file: this.file.file, what: id }));
  }

  /** How many rows end where these events do, in every stream that they are in. */
  of(events: readonly LoggedEvent[]): number {
    const ends = [...Map.groupBy(events, ({ stream }) => stream).values()].map((ofStream) => endOf(ofStream.at(-1)!));
    const [first, ...others] = ends.map(
      (end) => new Set((this.#byEnd.get(end) as unknown as { row: CommandRow }[] | undefined)?.map(({ row }) => row)),
    );
    return others.reduce((rows, more) => rows.intersection(more), first!).size;
  }

  /** Whether a row ends at this event, or later in its commit. */
  covers({ stream, version }: LoggedEvent): boolean {
    return (this.#last.get(stream) ?? []).some((last) => last >= version);
  }
}

const endOf = ({ stream, version }: { stream: string; version: number }): string => `${stream}@${version}`;
