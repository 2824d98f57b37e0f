import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CommandReused, WrongExpectedVersion, type Append, type EventLog, type StreamWrite } from '../index.js';
import { assertContiguous, event, published, randomness, SEED, type Engine, type MakeEngine } from './engine.js';

const WORKERS = 16;
const APPENDS_EACH = 60;
const STREAMS = 8;

/** Many good and bad appends at once, with copies of another service among them; then the log is checked from outside. */
export function stormConformance(makeEngine: MakeEngine): void {
  describe(`storm (IHALA_SEED=${SEED})`, () => {
    let engine: Engine;

    beforeEach(async () => {
      engine = await makeEngine();
    });
    afterEach(() => engine.destroy());

    it('holds exactly what it acknowledged, without a hole, also after a crash', async () => {
      const { log } = await engine.open('cases');
      const storm = new Storm(log);
      await Promise.all([...Array.from({ length: WORKERS }, (_, n) => storm.work(n)), storm.copy()]);
      const events = await assertContiguous(log);
      const own = events.filter(({ source }) => source === undefined).map(({ id }) => id);
      expect(new Set(own)).toEqual(storm.acknowledged);
      expect(own).toHaveLength(storm.acknowledged.size);
      expect(storm.refused).toBeGreaterThan(0);
      expect(storm.reused).toBeGreaterThan(0);
      expect(storm.replayed).toBeGreaterThan(0);
      const reopened = await engine.crash('cases');
      expect(await assertContiguous(reopened.log)).toEqual(events);
    });
  });
}

class Storm {
  readonly acknowledged = new Set<string>();
  refused = 0;
  reused = 0;
  replayed = 0;
  /** what the workers think; often out of date, as it is between replicas */
  readonly #known = new Map<string, number>();

  constructor(private readonly log: EventLog) {}

  async work(worker: number): Promise<void> {
    const random = randomness(SEED + worker);
    for (let n = 0; n < APPENDS_EACH; n++) await this.#attempt(this.#append(random));
  }

  async copy(): Promise<void> {
    for (let n = 0; n < APPENDS_EACH; n++) {
      await this.log.observe('health', [published('health/referral-x', n + 1, n)]);
    }
  }

  #append(random: (below: number) => number): Append {
    const streams = new Set(Array.from({ length: 1 + random(3) }, () => `cases/case-${random(STREAMS)}`));
    const writes = [...streams].map((stream): StreamWrite => {
      const expectedVersion = Math.max(0, (this.#known.get(stream) ?? 0) + (random(6) === 0 ? random(3) - 1 : 0));
      return { stream, expectedVersion, events: Array.from({ length: random(4) }, () => event('NoteAdded')) };
    });
    const guarded = `cases/case-${random(STREAMS)}`;
    return {
      writes,
      guards: random(3) === 0 ? [{ stream: guarded, version: this.#known.get(guarded) ?? 0 }] : [],
      ...(random(2) === 0 && { command: { id: `key-${random(150)}`, fingerprint: `f${random(2)}` } }),
    };
  }

  async #attempt(append: Append): Promise<void> {
    try {
      const { replayed, versions } = await this.log.append(append);
      for (const { stream, version } of versions) {
        this.#known.set(stream, Math.max(version, this.#known.get(stream) ?? 0));
      }
      if (replayed) this.replayed++;
      else for (const { events } of append.writes) for (const { id } of events) this.acknowledged.add(id);
    } catch (error) {
      if (error instanceof WrongExpectedVersion) {
        this.refused++;
        this.#known.set(error.stream, error.actual);
      } else if (error instanceof CommandReused) this.reused++;
      else throw error;
    }
  }
}
