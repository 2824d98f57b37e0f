import { randomUUID } from 'node:crypto';
import type { mongo } from 'mongoose';
import type { PreparedAppend, RecordedCommand } from '@ihala/event-log';
import { attempt, OutcomeUnknown, patiently } from './attempt.js';
import type { Collections, EventDocument } from './collections.js';
import type { Counter, Turn } from './counter.js';
import { decide, type DecidedEvent, type Decision, type Outcome } from './group-decision.js';
import type { OwnCommits } from './own-commits.js';
import type { StreamTails } from './stream-tails.js';
import { isDuplicateKey } from './transaction.js';

/** A decision with the numbers that its events get. */
interface Numbered extends Decision {
  readonly documents: readonly EventDocument[];
  /** of the log after it */
  readonly position: number;
}

/** What became of a group. */
interface Committed {
  /** in the order of the group */
  readonly outcomes: readonly Outcome[];
  readonly added: number;
}

const NO_COMMANDS: ReadonlyMap<string, RecordedCommand> = new Map();

/** What the attempts at one group have learnt. */
interface Attempts {
  /** something was taken to be new and was not: look everything up */
  careful: boolean;
  /** committed perhaps */
  doubtful?: Numbered;
}

/** Commits groups of appends, each group in one transaction. */
export class GroupAppend {
  constructor(
    private readonly commits: OwnCommits,
    private readonly collections: Collections,
    private readonly counter: Counter,
    private readonly tails: StreamTails,
  ) {}

  /** @param until see `patiently` @returns what became of each append, and how many events were added @throws StorageUnavailable */
  async commit(group: readonly PreparedAppend[], until: number): Promise<Committed> {
    const attempts: Attempts = { careful: false };
    const { outcomes, documents, position, tails } = await patiently(
      until,
      () => attempt(this.commits, (session) => this.#attempt(session, group, attempts)),
      (error) => {
        if (error instanceof OutcomeUnknown) attempts.doubtful = error.result as Numbered;
        if (attempts.careful || !isDuplicateKey(error)) return false;
        return (attempts.careful = true);
      },
    );
    this.tails.committed(position, tails);
    return { outcomes, added: documents.length };
  }

  /**
   * The counter comes first, advanced by what the group will add if nothing else has happened meanwhile; whatever is read after it
   * is as the last commit left it, and stays so until this one.
   */
  async #attempt(
    session: mongo.ClientSession,
    group: readonly PreparedAppend[],
    attempts: Attempts,
  ): Promise<Numbered> {
    const hope = this.#decide(group, NO_COMMANDS);
    const hoped = hope.events.length;
    const turn = await this.counter.advance(session, { positions: hoped, sequences: hoped });
    const asHoped = await this.tails.catchUp(session, turn.position);
    const { careful, doubtful } = attempts;
    if (doubtful !== undefined && (await this.#landed(session, doubtful))) {
      // nothing but the counter is left to commit; with it, a majority is sure to have the earlier one
      await this.counter.correct(session, { positions: -hoped, sequences: -hoped });
      return { ...doubtful, position: turn.position, tails: new Map() };
    }
    const learnt = await this.tails.learn(session, streamsToLearn(group, careful));
    const still = asHoped && !learnt && !careful && !hope.asksForCommands;
    const decision = still ? hope : await this.#decideAgain(session, group, careful);
    const added = decision.events.length;
    await this.counter.correct(session, { positions: added - hoped, sequences: added - hoped });
    const documents = decision.events.map((event, index) => documentOf(event, index, turn));
    await this.#insert(session, documents, decision.commands);
    return { ...decision, documents, position: turn.position + added };
  }

  async #insert(
    session: mongo.ClientSession,
    events: readonly EventDocument[],
    commands: readonly RecordedCommand[],
  ): Promise<void> {
    if (events.length > 0) await this.collections.events.insertMany(events, { session });
    if (commands.length === 0) return;
    const documents = commands.map(({ id, ...command }) => ({ _id: id, ...command }));
    await this.collections.commands.insertMany(documents, { session });
  }

  /**
   * Whether the commit of an earlier attempt took place after all. Asked when the counter is ours: that attempt has ended by now,
   * since it changed the counter too. One without events did nothing that would not be done again.
   */
  async #landed(session: mongo.ClientSession, { documents: [first] }: Numbered): Promise<boolean> {
    if (first === undefined) return false;
    return (await this.collections.events.findOne({ _id: first._id, commit: first.commit }, { session })) !== null;
  }

  async #decideAgain(
    session: mongo.ClientSession,
    group: readonly PreparedAppend[],
    careful: boolean,
  ): Promise<Decision> {
    const commands = careful ? await this.#commandsOf(session, group) : NO_COMMANDS;
    const decision = this.#decide(group, commands);
    if (careful || !decision.asksForCommands) return decision;
    return this.#decide(group, await this.#commandsOf(session, group));
  }

  #decide(group: readonly PreparedAppend[], commands: ReadonlyMap<string, RecordedCommand>): Decision {
    return decide(group, { tail: (stream) => this.tails.get(stream), command: (id) => commands.get(id) });
  }

  async #commandsOf(session: mongo.ClientSession, group: readonly PreparedAppend[]) {
    const ids = [...new Set(group.flatMap(({ command }) => command?.id ?? []))];
    const found = await this.collections.commands.find({ _id: { $in: ids } }, { session }).toArray();
    return new Map(found.map(({ _id: id, fingerprint, versions }) => [id, { id, fingerprint, versions }]));
  }
}

/**
 * A stream that is to be new need not be looked up, nor a command's id: where that is wrong the unique index objects, and the group
 * is decided again with care.
 */
function streamsToLearn(group: readonly PreparedAppend[], careful: boolean): readonly string[] {
  return group.flatMap(({ writes, guards }) => [
    ...writes
      .filter(({ expectedVersion, events }) => careful || expectedVersion > 0 || events.length === 0)
      .map(({ stream }) => stream),
    ...guards.map(({ stream }) => stream),
  ]);
}

function documentOf({ stream, version, caseId, body }: DecidedEvent, index: number, turn: Turn): EventDocument {
  return {
    _id: turn.position + 1 + index,
    stream,
    version,
    sequence: turn.sequence + 1 + index,
    recordedAt: turn.recordedAt,
    ...(index === 0 ? { commit: randomUUID() } : {}),
    ...(caseId === undefined ? {} : { caseId }),
    body,
  };
}
