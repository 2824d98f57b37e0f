import { parkedId, type ParkedErrand, type ReactionStore } from './reaction-store.js';
import type { FollowOptions } from './subscription.js';

/** One thing to do about one stream. Carried out again after a crash, so it must be one command with an id of its own. */
export interface Errand {
  /** the stream it changes: errands of one reaction for one target are carried out in the order of their occasions */
  readonly target: string;
  /** @throws CannotCarryOut when trying again is of no use */
  carryOut(): Promise<void>;
}

/** Trying again is of no use: the errand is parked, and the others go on. */
export class CannotCarryOut extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** What gave rise to errands. */
export interface Occasion {
  readonly id: string;
  readonly type: string;
  readonly position?: number;
  readonly caseId?: string;
}

export interface ReactionOptions extends FollowOptions {
  /** RFC 3339, UTC, milliseconds */
  readonly now: () => string;
  /** errors that pass by themselves (a full disk, a server that is away): tried again for as long as it takes */
  readonly isTransient: (error: unknown) => boolean;
}

/** Whatever is neither known to pass nor known to stay is tried this often before it is parked. */
const MOST_ATTEMPTS = 4;

/** The event itself could not be read, so what it asks for is not known. */
const unreadable = 'event.unreadable';
const codeOf = (error: unknown): string => (error instanceof CannotCarryOut ? error.code : 'errand.failed');
const occasionOf = ({ occasion, occasionType, position, caseId }: ParkedErrand): Occasion => ({
  id: occasion,
  type: occasionType,
  position,
  caseId,
});

/** Carries out the errands of one reaction, in order for each target, and parks what can't be. */
export class ErrandDesk {
  readonly #attempts = new Map<string, number>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly reaction: string,
    private readonly store: ReactionStore,
    private readonly options: ReactionOptions,
  ) {}

  /** The errands of an occasion. When they can't be named, the occasion is parked under `stream`, and there are none for now. */
  async named(occasion: Occasion, stream: string, name: () => Promise<readonly Errand[]>): Promise<readonly Errand[]> {
    let errands: readonly Errand[] = [];
    const naming = { target: stream, carryOut: async () => void (errands = await name()) };
    await this.#attempt(occasion, naming, { id: parkedId(this.reaction, occasion.id, ''), code: unreadable });
    return errands;
  }

  /** @throws what it failed with, when it is to be tried again */
  run(occasion: Occasion, errand: Errand): Promise<void> {
    return this.#inTurn(() => this.#run(occasion, errand));
  }

  /**
   * Tries what is parked for its target once more, from the first on, for as long as that works.
   * @param name the errands of its occasion, as they would be named today; without one for its target nothing is left to do
   * @returns what is still parked of it, if anything
   */
  retry(parked: ParkedErrand, name: (parked: ParkedErrand) => Promise<readonly Errand[]>) {
    return this.#inTurn(async () => {
      const first = () => this.store.firstFor(this.reaction, parked.target);
      for (let next = await first(); next !== undefined; next = await first()) {
        if (!(await this.#again(next, name))) break;
      }
      return this.store.find(parked.id);
    });
  }

  /** @returns whether it worked */
  async #again(parked: ParkedErrand, name: (parked: ParkedErrand) => Promise<readonly Errand[]>): Promise<boolean> {
    try {
      const errands = await name(parked);
      if (parked.code === unreadable) {
        for (const errand of errands) await this.#run(occasionOf(parked), errand);
      } else await errands.find(({ target }) => target === parked.target)?.carryOut();
      await this.store.unpark(parked.id);
      return true;
    } catch (error) {
      this.options.onError(error, this.reaction);
      const code = parked.code === unreadable ? unreadable : codeOf(error);
      await this.store.park({ ...parked, code, attempts: parked.attempts + 1, triedAt: this.options.now() });
      return false;
    }
  }

  async #run(occasion: Occasion, errand: Errand): Promise<void> {
    const id = parkedId(this.reaction, occasion.id, errand.target);
    const first = await this.store.firstFor(this.reaction, errand.target);
    if (first === undefined) return this.#attempt(occasion, errand, { id });
    if (first.id !== id) {
      await this.#park(occasion, errand.target, { id, code: 'errand.waits', attempts: 0 });
      // what it waits for may just have been done by an operator's retry in another process, which did not see it wait
      if ((await this.store.firstFor(this.reaction, errand.target))?.id !== id) return;
    }
    await this.#attempt(occasion, errand, { id, wasParked: true });
  }

  async #attempt(
    occasion: Occasion,
    errand: Errand,
    { id, code, wasParked }: { id: string; code?: string; wasParked?: boolean },
  ): Promise<void> {
    try {
      await errand.carryOut();
      if (wasParked) await this.store.unpark(id);
      this.#attempts.delete(id);
    } catch (error) {
      const attempts = (this.#attempts.get(id) ?? 0) + 1;
      this.#attempts.set(id, attempts);
      if (!(error instanceof CannotCarryOut) && (this.options.isTransient(error) || attempts < MOST_ATTEMPTS))
        throw error;
      this.options.onError(error, this.reaction);
      this.#attempts.delete(id);
      await this.#park(occasion, errand.target, { id, code: code ?? codeOf(error), attempts });
    }
  }

  #park(occasion: Occasion, target: string, more: Pick<ParkedErrand, 'id' | 'code' | 'attempts'>): Promise<void> {
    const now = this.options.now();
    return this.store.park({
      ...more,
      reaction: this.reaction,
      occasion: occasion.id,
      occasionType: occasion.type,
      ...(occasion.position === undefined ? {} : { position: occasion.position }),
      ...(occasion.caseId === undefined ? {} : { caseId: occasion.caseId }),
      target,
      parkedAt: now,
      triedAt: now,
    });
  }

  /** An operator's retry and the reaction itself take turns: a target's order would break between them. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
