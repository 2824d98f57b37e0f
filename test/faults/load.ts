import { live } from './case-journey.js';
import type { Chance } from './chance.js';
import { Journey, offeredServices, type OfferedService } from './journey.js';
import { Over, Post, type PostOptions } from './post.js';
import { Unanswered } from './wire.js';

function noneIfUnanswered(error: unknown): readonly OfferedService[] {
  if (error instanceof Unanswered) return [];
  throw error;
}

export interface LoadOptions extends PostOptions {
  /** how many journeys at a time; default 16 */
  readonly lanes?: number | undefined;
  /** names of the sectors; default: those that the server's documentation names */
  readonly sectors?: readonly string[];
}

/** Many journeys side by side, which outlive the server they are played against. */
export class Load {
  readonly post: Post;
  /** in every text about a person: fit to be searched for, and to be found in no id */
  readonly planted: string;
  readonly #lanes: Promise<void>[] = [];
  #failure: unknown;

  constructor(
    private readonly chance: Chance,
    private readonly options: LoadOptions = {},
  ) {
    this.post = new Post(options);
    this.planted = `Tazmalt${Array.from({ length: 8 }, () => chance.pick([...'aeioulmnrst'])).join('')}`;
  }

  /** Begins, against the first life of a server that lives long enough, or goes on against its next. */
  async connect(url: string): Promise<void> {
    this.post.connect(url);
    if (this.#lanes.length > 0) return;
    const services = await offeredServices(this.post, this.options.sectors).catch(noneIfUnanswered);
    if (services.length === 0) return;
    const { lanes = 16 } = this.options;
    for (let lane = 0; lane < lanes; lane += 1) this.#lanes.push(this.#play(lane, services));
  }

  /** Begins nothing new, and waits until everything is answered. @throws what a journey failed with */
  async end(): Promise<void> {
    this.post.end();
    await Promise.all(this.#lanes);
    if (this.#failure !== undefined) throw new Error('a journey failed', { cause: this.#failure });
  }

  /** Leaves it as it is. */
  async abandon(): Promise<void> {
    this.post.abandon();
    await Promise.all(this.#lanes);
  }

  async #play(lane: number, services: readonly OfferedService[]): Promise<void> {
    try {
      for (let index = 0; ; index += 1) {
        const chance = this.chance.of('journey', lane, index);
        await live(new Journey(this.post, services, lane, this.planted, chance));
      }
    } catch (error) {
      if (!(error instanceof Over)) this.#failure ??= error;
    }
  }
}
