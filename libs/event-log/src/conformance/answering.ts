import { afterEach, beforeEach } from '@jest/globals';
import {
  CannotCarryOut,
  type Errand,
  FollowUps,
  type JsonObject,
  type ParkedErrand,
  type Reaction,
  type RecordedEvent,
  type View,
} from '../index.js';
import { collect, type Engine, event, type MakeEngine, type OpenedService, push } from './engine.js';

const now = () => '2026-11-20T10:00:00.000Z';

/** Every position the reaction has learnt of. */
export const positions: View<{ list: readonly number[] }> = {
  name: 'positions',
  version: 1,
  handles: ['Asked', 'NoteAdded'],
  indexes: [],
  async fold({ position }, docs) {
    docs.put('all', { list: [...((await docs.get('all'))?.list ?? []), position] });
  },
};

/** Until `condition` holds; fails after 5 s. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = Date.now() + 5000; !(await condition());) {
    if (Date.now() > end) throw new Error('it did not come');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** "When something is asked, answer on each stream that it names": one command an event and target. */
export class Answering {
  engine!: Engine;
  service!: OpenedService;
  running: FollowUps[] = [];
  errors: unknown[] = [];
  knows = positions;
  /** what carrying out an errand for this target throws now; `readable`: any version is read */
  failures = new Map<string, Error>();
  told: { readonly position: number; readonly knew: readonly number[] }[] = [];

  /** A fresh one before each test of the suite around. */
  static eachTime(makeEngine: MakeEngine): Answering {
    const at = new Answering();
    beforeEach(async () => {
      Object.assign(at, new Answering(), { engine: await makeEngine() });
      at.service = await at.engine.open('cases');
    });
    afterEach(async () => {
      await Promise.all(at.running.map((followUps) => followUps.stop()));
      await at.engine.destroy();
    });
    return at;
  }

  async start(): Promise<FollowUps> {
    await this.service.views.declare([this.knows as unknown as View<JsonObject>]);
    const followUps = new FollowUps(
      this.service,
      { reactions: [this.#reaction()] },
      {
        onError: (error: unknown) => void this.errors.push(error),
        now,
        isTransient: (error: unknown) => Error.isError(error) && error.message === 'away',
        batchSize: 3,
      },
    );
    this.running.push(followUps);
    followUps.start();
    return followUps;
  }

  ask(...of: string[]): Promise<number> {
    return push(this.service.log, 'cases/case-a', 'Asked', { of });
  }

  async answers(target: string): Promise<number[]> {
    return (await collect(this.service.log.readStream(target))).map(({ data }) => data['to'] as number);
  }

  /** In the order in which they were parked. */
  async parked(): Promise<readonly ParkedErrand[]> {
    return (await this.service.reactions.list(100)).items.toReversed();
  }

  reached(position: number): Promise<void> {
    return until(async () => (await this.service.reactions.checkpoint('answers')) >= position);
  }

  async crash(): Promise<void> {
    await this.running.pop()!.stop();
    this.service = await this.engine.crash('cases');
  }

  #reaction(): Reaction {
    return {
      name: 'answers',
      knows: this.knows as unknown as View<JsonObject>,
      reactsTo: ['Asked'],
      errands: async (asked) => {
        const knew = (await this.service.views.get(this.knows, 'all'))?.list ?? [];
        this.told.push({ position: asked.position, knew });
        if (asked.schemaVersion !== 1 && !this.failures.has('readable')) throw new CannotCarryOut('event.unreadable');
        return (asked.data['of'] as string[]).map((target) => this.#errand(asked, target));
      },
    };
  }

  #errand(asked: RecordedEvent, target: string): Errand {
    return {
      target,
      carryOut: async () => {
        const failure = this.failures.get(target);
        if (failure) throw failure;
        const expectedVersion = (await collect(this.service.log.readStream(target))).length;
        const command = { id: `${asked.id} ${target}`, fingerprint: 'answers' };
        const answer = event('Answered', { to: asked.position });
        await this.service.log.append({ writes: [{ stream: target, expectedVersion, events: [answer] }], command });
      },
    };
  }
}
