import { type Deployment, type Policies, type TokenVerifier } from '@ihala/access';
import { operationsEvents, type SealClass } from '@ihala/contracts';
import {
  type FollowedLog,
  type FollowOptions,
  FollowUps,
  isSoon,
  type JsonObject,
  type Observer,
  type OnPassage,
  type Reaction,
  type Rush,
  StorageUnavailable,
  type Timer,
  type View,
  ViewRunner,
} from '@ihala/event-log';
import { type Keyring, Sealer } from '@ihala/privacy';
import type { Logger } from 'pino';
import { SystemClock, type Clock } from './clock.js';
import { EventReader, type EventSchemas, EventWriter } from './events.js';
import { LiveStreams } from './http/live-streams.js';
import { Cursors } from './http/paging.js';
import type { ProblemTitles } from './http/problem-titles.js';
import type { RequestLimits } from './http/request-limits.js';
import type { Metrics } from './metrics.js';
import { isTransient } from './following/transient.js';
import type { ReactionDefinition, TimerDefinition } from './following/when.js';
import { SourceCopies } from './source-copies.js';
import { ServiceTracing } from './tracing/service-tracing.js';
import type { Tracing } from './tracing/tracing.js';

/** What one service is, before it runs: what it may open, how its own events look, its read models, whom it listens to. */
export interface ServiceBlueprint {
  readonly name: string;
  /** the classes that its keyring credentials open; everything else stays sealed to it */
  readonly opens: readonly SealClass[];
  readonly events: EventSchemas;
  readonly views: readonly View<JsonObject>[];
  /** what its module's handlers follow the log with */
  readonly reactions?: readonly ReactionDefinition[];
  readonly timers?: readonly TimerDefinition[];
  readonly observes: 'every service' | readonly string[];
  /** refusals that only this service gives, in words */
  readonly problems?: ProblemTitles;
}

/** What all services of a process share. */
export interface Surroundings {
  readonly deployment: Deployment;
  readonly policies: Policies;
  readonly tokens: TokenVerifier;
  readonly limits: RequestLimits;
  readonly keyring: Keyring;
  /** the sectors that there are, by name */
  readonly sectors: readonly string[];
  /** derives a secret of its own for each purpose */
  readonly secret: (purpose: string) => Uint8Array;
  /** of commands: what follows from them stands back meanwhile */
  readonly rush: Rush;
  readonly clock?: Clock;
  readonly tracing?: Tracing;
  /** the services of this process */
  readonly neighbours: () => readonly Service[];
}

/** How long an answer waits at most for what its neighbours make of it. */
const SPREAD_MS = 1000;
/** How long it is waited for a write that is to show whether writes get to disk; it goes on behind that. */
const WRITE_MS = 1000;

/** What a service keeps, in whichever engine. */
export type ServiceStore = FollowedLog & {
  /** Writes something. @throws StorageUnavailable */
  requireWritable(): Promise<void>;
  close(): Promise<void>;
};

/** What tells other processes of a service's own events. */
export interface Relay {
  /** it gets through; looked at only where it is at work */
  readonly sending: boolean;
  /** how many own events have not been sent yet */
  behind(): Promise<number>;
}

/** One service at work: its log, its views, its copies of others' logs. Nest sees its parts as providers. */
export class Service {
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly writer: EventWriter;
  readonly reader: EventReader;
  readonly cursors: Cursors;
  readonly streams = new LiveStreams();
  readonly commandSecret: Uint8Array;
  readonly tracing: ServiceTracing | undefined;
  readonly runner: ViewRunner;
  /** undefined: its module has not begun to follow yet */
  followUps: FollowUps | undefined;
  readonly observers = new Map<string, Observer>();
  readonly copies = new SourceCopies(this.observers);
  /** undefined: whoever copies its log reads it */
  relay: Relay | undefined;
  #leads = false;
  /** a write did not get to disk, and none was seen to since */
  #storageFailed = false;
  #trying: Promise<void> | undefined;

  constructor(
    readonly blueprint: ServiceBlueprint,
    readonly surroundings: Surroundings,
    readonly store: ServiceStore,
    readonly logger: Logger,
    readonly metrics: Metrics,
  ) {
    const { name, opens, events, views, reactions = [], timers = [] } = blueprint;
    this.clock = surroundings.clock ?? new SystemClock();
    this.sealer = new Sealer(surroundings.keyring.scopedTo(opens));
    this.writer = new EventWriter(name, { ...events, ...operationsEvents }, this.sealer);
    this.reader = new EventReader(name, this.sealer);
    this.cursors = new Cursors(surroundings.secret('cursor'));
    this.commandSecret = surroundings.secret('command');
    this.tracing = surroundings.tracing && new ServiceTracing(name, surroundings.tracing);
    const folded = [...views, ...timers.map(({ due }) => due as unknown as View<JsonObject>)];
    const known = reactions.flatMap(({ knows }) => knows ?? []);
    this.runner = new ViewRunner(store.log, store.views, folded, this.following(), known);
  }

  /** Its views can be read from now on, whichever process folds them. */
  declare(): Promise<void> {
    return this.runner.declare();
  }

  /** Of its processes, this one follows its log. */
  get leads(): boolean {
    return this.#leads;
  }

  /** Begins to fold its views, to react and to watch the clock: of its processes, one at a time does. */
  async lead(): Promise<void> {
    this.#leads = true;
    await this.runner.start();
    this.followUps?.start();
  }

  async stepBack(): Promise<void> {
    this.#leads = false;
    await this.followUps?.stop();
    await this.runner.stop();
  }

  /** Begins to copy a source. */
  observe(make: (options: FollowOptions) => Observer): void {
    const observer = make(this.following());
    this.observers.set(observer.source, observer);
    observer.start();
  }

  /** undefined: nobody wants to know */
  get onPassage(): OnPassage | undefined {
    const { tracing } = this;
    return tracing && ((passage) => tracing.passed(passage));
  }

  /** How its log and those of others are followed: failures are logged, and each is tried again. */
  following(): FollowOptions {
    const onError = (error: unknown, name: string): void => {
      if (error instanceof StorageUnavailable) this.#storageFailed = true;
      this.logger.error({ err: error, name }, 'following failed');
    };
    return { onError, rush: this.surroundings.rush, onPassage: this.onPassage };
  }

  /** The handlers of its module are told what happened and what is due, while this process leads. */
  follow(handlers: { reactions: readonly Reaction[]; timers: readonly Timer[] }): void {
    const options = { ...this.following(), now: () => this.clock.now(), isTransient };
    this.followUps = new FollowUps(this.store, handlers, options);
    if (this.#leads) this.followUps.start();
  }

  async unfollow(): Promise<void> {
    await this.followUps?.stop();
  }

  /** What others say gets here, and what it says gets out, if that is this process's to do. What is parked waits for an operator. */
  get carries(): boolean {
    const hears = [...this.observers.values()].every(({ listening, parked }) => listening || parked);
    return hears && (!this.#leads || this.relay?.sending !== false);
  }

  /** Whether its views and its copies are as new as the logs were when this was asked. */
  async caughtUp(withinMs: number): Promise<boolean> {
    const now = this.clock.now();
    const copied = await Promise.all([...this.observers.values()].map((observer) => observer.upTo(now, withinMs)));
    if (copied.includes(false)) return false;
    return this.runner.caughtUpWithin(await this.store.log.lastPosition(), withinMs);
  }

  /** Whether it has heard all that `source` had recorded by an instant, and has done what follows from it. */
  async heard(source: string, instant: string, withinMs: number): Promise<boolean> {
    const observer = this.observers.get(source);
    if (!observer || !(await observer.upTo(instant, withinMs))) return false;
    const { log } = this.store;
    if (!(await this.followUps?.toldWithin(await log.lastPosition(), withinMs))) return false;
    return this.runner.caughtUpWithin(await log.lastPosition(), withinMs);
  }

  /**
   * Gives those who listen to it in the same process a moment to hear all that it recorded until now, and to act. So an answer
   * that promises something of them comes when it is so. Services elsewhere hear of it in their own time.
   */
  async spread(): Promise<void> {
    const now = this.clock.now();
    const hear = (service: Service) => service.heard(this.blueprint.name, now, SPREAD_MS);
    await Promise.all(this.surroundings.neighbours().map(hear));
  }

  /** What its Nest application is told, and tells. */
  get edge(): Pick<Service, 'logger' | 'metrics' | 'tracing' | 'blueprint'> {
    const refused = (code: string): void => {
      if (code === 'storage.unavailable') this.#storageFailed = true;
      this.metrics.refused(code);
    };
    const { logger, tracing, blueprint } = this;
    return { logger, metrics: { ...this.metrics, refused }, tracing, blueprint };
  }

  /** Whether writes get to disk. Once one did not, that is tried each time this is asked, until one does. */
  async writable(): Promise<boolean> {
    if (!this.#storageFailed) return true;
    this.#trying ??= this.#try();
    await isSoon(this.#trying, WRITE_MS);
    return !this.#storageFailed;
  }

  async #try(): Promise<void> {
    await this.store.requireWritable().then(
      () => (this.#storageFailed = false),
      () => {},
    );
    this.#trying = undefined;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.observers.values()].map((observer) => observer.stop()));
    await this.runner.stop();
    await this.store.close();
  }
}
