import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  asSource,
  auditLeaf,
  DirectObserver,
  ViewRunner,
  WrongExpectedVersion,
  type EventLog,
  type PageEnd,
  type View,
} from '../index.js';
import {
  assertContiguous,
  event,
  randomness,
  SEED,
  type Engine,
  type MakeEngine,
  type OpenedService,
} from './engine.js';

const EVENTS = 100_000;
const AT_ONCE = 20;
const STREAMS = 2560;
const WORKERS = 32;
const PATIENCE_MS = 300_000;

const streamOf = (n: number) => `cases/case-${String(n).padStart(4, '0')}`;
const caseOf = (n: number) => `0000-case-${n % 50}`;

type Noted = { readonly kind: number; readonly last: number; readonly count: number };

/** What was noted in each case; ten kinds to list by. */
const noted: View<Noted> = {
  name: 'noted',
  version: 1,
  handles: ['NoteAdded'],
  indexes: [['kind', 'last']],
  async fold({ stream, position }, docs) {
    const count = ((await docs.get(stream))?.count ?? 0) + 1;
    docs.put(stream, { kind: Number(stream.slice(-1)), last: position, count });
  },
};

/** A log of 100,000 events, written by many at once: everything that holds for ten must hold for them. */
export function scaleConformance(name: string, makeEngine: MakeEngine): void {
  describe(`${name}: 100,000 events (IHALA_SEED=${SEED})`, () => {
    let engine: Engine;
    let cases: OpenedService;
    let crowd: Crowd;

    beforeAll(async () => {
      engine = await makeEngine();
      cases = await engine.open('cases');
      crowd = new Crowd(cases.log);
      await Promise.all(Array.from({ length: WORKERS }, (_, worker) => crowd.work(worker)));
    }, PATIENCE_MS);
    afterAll(() => engine.destroy());

    it(
      'hold what was acknowledged, each once, in the order of its stream, also after a crash',
      async () => {
        const events = await assertContiguous(cases.log);
        expect(events).toHaveLength(EVENTS);
        expect(idsByStream(events)).toEqual(crowd.acknowledged);
        const leaves = events.map(auditLeaf).join();
        cases = await engine.crash('cases');
        expect((await assertContiguous(cases.log)).map(auditLeaf).join() === leaves).toBe(true);
      },
      PATIENCE_MS,
    );

    it(
      'are read from anywhere as a whole scan reads them',
      async () => {
        const { log } = cases;
        const all = await Array.fromAsync(log.readLog({ after: 0 }));
        const random = randomness(SEED);
        for (let n = 0; n < 100; n++) {
          const [after, limit] = [random(EVENTS), random(1200)];
          const positions = (events: readonly { readonly position: number }[]) =>
            events.map(({ position }) => position);
          const expected = positions(all.slice(after, after + limit));
          expect(positions(await Array.fromAsync(log.readLog({ after, limit })))).toEqual(expected);
          const own = await Array.fromAsync(log.readOwn({ from: after, limit }));
          expect(own.map(({ sequence }) => sequence + 1)).toEqual(expected);
          const of = caseOf(n);
          const ofCase = all.filter(({ caseId, position }) => caseId === of && position > after).slice(0, limit);
          expect(positions(await Array.fromAsync(log.readLog({ after, limit, caseId: of })))).toEqual(
            positions(ofCase),
          );
          const stream = streamOf(random(n % 2 === 0 ? WORKERS : STREAMS));
          const history = await Array.fromAsync(log.readStream(stream, { from: 3 }));
          expect(history.map(({ id }) => id)).toEqual((crowd.acknowledged.get(stream) ?? []).slice(2));
        }
      },
      PATIENCE_MS,
    );

    it(
      'remember every command, and refuse what is out of date',
      async () => {
        for (const [id, { stream, version }] of crowd.commands) {
          expect(await cases.log.findCommand(id)).toEqual({ id, fingerprint: id, versions: [{ stream, version }] });
        }
        const [id, { stream }] = [...crowd.commands][EVENTS / AT_ONCE / 2]!;
        const again = { writes: [{ stream, expectedVersion: 0, events: [] }], command: { id, fingerprint: id } };
        expect((await cases.log.append(again)).replayed).toBe(true);
        const late = { writes: [{ stream, expectedVersion: 0, events: [event('NoteAdded')] }] };
        await expect(cases.log.append(late)).rejects.toThrow(WrongExpectedVersion);
        expect(await cases.log.lastPosition()).toBe(EVENTS);
      },
      PATIENCE_MS,
    );

    it(
      'are folded into the same documents, and copied once each, through crashes of both and beside new appends',
      async () => {
        const health = await engine.open('health');
        const following = new Following(engine, cases, health);
        for (const share of [0.1, 0.5]) await following.crashAfter(EVENTS * share);
        const more = new Crowd(following.cases.log, EVENTS + 2000, crowd);
        await Promise.all([following.start(), more.work(0), more.work(1)]);
        await following.finished();
        expect(idsByStream(await assertContiguous(following.cases.log))).toEqual(more.acknowledged);
        const [own, copies] = [following.cases.log.readLog({ after: 0 }), following.health.log.readLog({ after: 0 })];
        const leaves = (await Array.fromAsync(own)).map(auditLeaf).join();
        expect((await Array.fromAsync(copies)).map(auditLeaf).join() === leaves).toBe(true);
        expect(await listed(following.cases)).toEqual(await foldedByHand(following.cases.log));
        await following.stop();
      },
      PATIENCE_MS,
    );
  });
}

/** Appends to random streams until the log is as long as it shall be, and keeps what was acknowledged. */
class Crowd {
  readonly acknowledged: Map<string, string[]>;
  readonly commands = new Map<string, { readonly stream: string; readonly version: number }>();
  #left: number;

  constructor(
    private readonly log: EventLog,
    length = EVENTS,
    before?: Crowd,
  ) {
    const earlier = before?.acknowledged ?? new Map<string, string[]>();
    this.acknowledged = new Map([...earlier].map(([stream, ids]) => [stream, [...ids]]));
    this.#left = (length - (before ? EVENTS : 0)) / AT_ONCE;
  }

  async work(worker: number): Promise<void> {
    const random = randomness(SEED + worker);
    while (this.#left-- > 0) {
      // each worker has streams of its own, so that it knows their versions, and one that is long
      const n = (random(4) && random(STREAMS / WORKERS)) * WORKERS + worker;
      const stream = streamOf(n);
      const known = this.acknowledged.get(stream) ?? [];
      const events = Array.from({ length: AT_ONCE }, () => event('NoteAdded', { n }, { caseId: caseOf(n) }));
      const command = { id: events[0]!.id, fingerprint: events[0]!.id };
      await this.log.append({ writes: [{ stream, expectedVersion: known.length, events }], command });
      this.acknowledged.set(stream, [...known, ...events.map(({ id }) => id)]);
      this.commands.set(command.id, { stream, version: known.length + AT_ONCE });
    }
  }
}

/** The views of one service, and its copy in another, each of which may be killed. */
class Following {
  #runner!: ViewRunner;
  #observer!: DirectObserver;
  #killed = false;

  constructor(
    private readonly engine: Engine,
    public cases: OpenedService,
    public health: OpenedService,
  ) {}

  async start(): Promise<void> {
    this.#killed = false;
    // what is killed may say so
    const onError = (error: unknown) => this.#killed || expect(error).toBeUndefined();
    this.#runner = new ViewRunner(this.cases.log, this.cases.views, [noted], { onError });
    this.#observer = new DirectObserver(this.health.log, asSource(this.cases.log), { onError });
    await this.#runner.start();
    this.#observer.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#runner.stop(), this.#observer.stop()]);
  }

  async finished(): Promise<void> {
    await this.#runner.caughtUp(await this.cases.log.lastPosition());
    await this.#observer.upTo(new Date().toISOString(), PATIENCE_MS);
  }

  /** Lets both go on until one of them has come so far, and leaves them as a kill would. */
  async crashAfter(position: number): Promise<void> {
    await this.start();
    const far = async () =>
      Math.max(await this.health.log.lastPosition(), await this.cases.views.checkpoint(noted)) >= position;
    while (!(await far())) await new Promise(setImmediate);
    this.#killed = true;
    const [cases, health] = [await this.engine.crash('cases'), await this.engine.crash('health')];
    await this.stop();
    [this.cases, this.health] = [cases, health];
  }
}

function idsByStream(events: Iterable<{ readonly stream: string; readonly id: string }>): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const { stream, id } of events) {
    const known = ids.get(stream);
    if (known) known.push(id);
    else ids.set(stream, [id]);
  }
  return ids;
}

/** Every document, page by page, kind by kind. */
async function listed({ views }: OpenedService): Promise<[string, Noted][]> {
  const all: [string, Noted][] = [];
  for (let kind = 0; kind < 10; kind++) {
    let after: PageEnd | undefined;
    do {
      const sort = { field: 'last', direction: 'desc' } as const;
      const page = await views.find(noted, { anyOf: [{ kind }], sort, limit: 70, after });
      all.push(...page.items.map(({ id, doc }): [string, Noted] => [id, doc]));
      after = page.end;
    } while (after !== undefined);
  }
  return all;
}

async function foldedByHand(log: EventLog): Promise<[string, Noted][]> {
  const docs = new Map<string, Noted>();
  for await (const { stream, position } of log.readLog({ after: 0 })) {
    docs.set(stream, { kind: Number(stream.slice(-1)), last: position, count: (docs.get(stream)?.count ?? 0) + 1 });
  }
  return [...docs].sort(([, a], [, b]) => a.kind - b.kind || b.last - a.last);
}
