import type { Connection } from 'mongoose';
import {
  assertObservable,
  GroupQueue,
  prepareAppend,
  SourceForked,
  StoredEventLog,
  type Append,
  type AppendResult,
  type LogHead,
  type Offer,
  type PreparedAppend,
  type PublishedEvent,
  type RecordedCommand,
  type SourceProgress,
} from '@ihala/event-log';
import { collectionsOf, type Collections } from './collections.js';
import { Counter } from './counter.js';
import { EventsCollection } from './events-collection.js';
import { GroupAppend } from './group-append.js';
import type { Outcome } from './group-decision.js';
import { ObservedEvents, type Copied } from './observed-events.js';
import { OwnCommits } from './own-commits.js';
import { StreamTails } from './stream-tails.js';

/** Bounds how large one transaction gets. */
const LARGEST_GROUP = 256;
/** Longer than an election, and than a server lets a frozen process's transaction live. */
const PATIENCE_MS = 30_000;

type Answer<T> = { resolve(result: T): void; reject(error: unknown): void };
/** `since`: when it was taken */
type Job = { readonly since: number } & (
  | { readonly append: PreparedAppend; readonly answer: Answer<AppendResult> }
  | { readonly offer: Offer; readonly answer: Answer<Copied> }
);
type AppendJob = Extract<Job, { append: unknown }>;
type OfferJob = Extract<Job, { offer: unknown }>;

export interface LogOptions {
  /** what the log's instants come from; default: the database's clock */
  readonly clock?: () => Date;
  /** how long to go on trying what passes by itself, in ms; default 30,000 */
  readonly patienceMs?: number;
  /** told after each commit how many own events it held */
  readonly onAppended?: (events: number) => void;
  /** told after each commit of this process that added events, own or observed: others may be waiting for them */
  readonly onCommitted?: () => void;
}

/**
 * The event log of one service in its MongoDB database. Any number of replicas may append and read at once: all commits change one
 * counter first, and so are one after another. Appends that this process takes meanwhile share the next commit. Readers are woken
 * after the commits of this process; those of other replicas are found by asking again now and then.
 */
export class MongoEventLog extends StoredEventLog {
  readonly #collections: Collections;
  readonly #commits: OwnCommits;
  readonly #counter: Counter;
  readonly #group: GroupAppend;
  readonly #observed: ObservedEvents;
  readonly #patienceMs: number;
  readonly #queue = new GroupQueue<Job>((jobs) => this.#flush(jobs), LARGEST_GROUP);

  /** @param connection see `connect`, to a database migrated for `service` */
  constructor(
    connection: Connection,
    readonly service: string,
    private readonly options: LogOptions = {},
  ) {
    const collections = collectionsOf(connection);
    const commits = new OwnCommits(connection);
    super(new EventsCollection(collections.events, commits));
    this.#commits = commits;
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.#collections = collections;
    this.#counter = new Counter(this.#collections.counters, options.clock);
    const tails = new StreamTails(this.#collections.events);
    this.#group = new GroupAppend(commits, this.#collections, this.#counter, tails);
    this.#observed = new ObservedEvents(commits, this.#collections, this.#counter, tails);
  }

  async append(append: Append): Promise<AppendResult> {
    const prepared = prepareAppend(this.service, append);
    return new Promise((resolve, reject) =>
      this.#queue.add({ since: performance.now(), append: prepared, answer: { resolve, reject } }),
    );
  }

  async findCommand(id: string): Promise<RecordedCommand | undefined> {
    const { commands } = this.#collections;
    const found = await this.#commits.read((session) => commands.findOne({ _id: id }, { session }));
    return found === null ? undefined : { id, fingerprint: found.fingerprint, versions: found.versions };
  }

  async observe(source: string, events: readonly PublishedEvent[], head?: LogHead): Promise<number> {
    assertObservable(this.service, source, events);
    const offer = { source, events: structuredClone(events), head };
    const { count, forkedAt } = await new Promise<Copied>((resolve, reject) =>
      this.#queue.add({ since: performance.now(), offer, answer: { resolve, reject } }),
    );
    if (forkedAt !== undefined) {
      throw new SourceForked(`${source} contradicts itself at ${forkedAt.stream}, version ${forkedAt.version}`);
    }
    return count;
  }

  lastPosition(): Promise<number> {
    return this.#counter.lastPosition();
  }

  head(): Promise<LogHead> {
    return this.#counter.head();
  }

  sources(): Promise<readonly SourceProgress[]> {
    return this.#observed.list();
  }

  /** Refuses new appends and resolves once those already taken are answered. Whoever opened the connection closes it. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  /** Somebody knows of a commit of another process. */
  wake(): void {
    this.announce();
  }

  #committed(): void {
    this.options.onCommitted?.();
    this.announce();
  }

  /** In the order of arrival; appends that follow one another share a transaction. */
  async #flush(jobs: readonly Job[]): Promise<void> {
    const appends: AppendJob[] = [];
    for (const job of jobs) {
      if ('append' in job) appends.push(job);
      else {
        await this.#append(appends.splice(0));
        await this.#observe(job);
      }
    }
    await this.#append(appends);
  }

  async #append(jobs: readonly AppendJob[]): Promise<void> {
    const [first] = jobs;
    if (first === undefined) return;
    try {
      const { outcomes, added } = await this.#group.commit(
        jobs.map(({ append }) => append),
        this.#untilFor(first),
      );
      jobs.forEach(({ answer }, index) => settle(answer, outcomes[index]!));
      if (added === 0) return;
      this.options.onAppended?.(added);
      this.#committed();
    } catch (error) {
      for (const { answer } of jobs) answer.reject(error);
    }
  }

  async #observe(job: OfferJob): Promise<void> {
    const { resolve, reject } = job.answer;
    try {
      const copied = await this.#observed.copy(job.offer, this.#untilFor(job));
      resolve(copied);
      if (copied.count > 0) this.#committed();
    } catch (error) {
      reject(error);
    }
  }

  /** What waited behind others that could not be committed has waited its time, too. */
  #untilFor({ since }: Job): number {
    return since + this.#patienceMs;
  }
}

function settle({ resolve, reject }: Answer<AppendResult>, outcome: Outcome): void {
  if ('error' in outcome) reject(outcome.error);
  else resolve(outcome.result);
}
