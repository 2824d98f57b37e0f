import type { Employee } from '../e2e/people.js';
import type { Chance } from './chance.js';
import type { Post } from './post.js';
import type { Reply } from './wire.js';

/** A sector's service, as the server lists it. */
export interface OfferedService {
  readonly sector: string;
  readonly code: string;
  readonly receivers: readonly string[];
  readonly dataClasses: { readonly required: readonly string[]; readonly optional: readonly string[] };
  readonly outcomes: readonly string[];
  readonly refusalReasons: readonly string[];
  readonly stepFields: Readonly<Record<string, Readonly<Record<string, StepField>>>>;
}
export interface StepField {
  readonly kind: string;
  readonly values?: readonly string[];
}

/** What a journey is played with. */
export class Journey {
  #words = 0;

  /**
   * @param lane who plays it: every lane has its own employees, so that none is held up for asking too much
   * @param planted stands in every text about a person, and must be found nowhere
   */
  constructor(
    private readonly post: Post,
    readonly services: readonly OfferedService[],
    private readonly lane: number,
    private readonly planted: string,
    readonly chance: Chance,
  ) {}

  /** Somebody of an agency who may do everything that its people may. */
  staff(agency: string): Employee {
    return { agency, roles: ['caseworker', 'supervisor', 'clinician'], sub: `${agency}.${this.lane}` };
  }

  /** Something about a person. */
  words(): string {
    this.#words += 1;
    return `${this.planted} ${this.#words}`;
  }

  send(agency: string, path: string, body: object = {}): Promise<Reply> {
    return this.post.command(this.staff(agency), path, body, this.chance.of('send', path, this.chance.between(0, 1e9)));
  }
}

/** Every service of these sectors, or of every sector that this server has. */
export async function offeredServices(post: Post, sectors?: readonly string[]): Promise<readonly OfferedService[]> {
  const lists = await Promise.all(
    (sectors ?? (await documentedSectors(post))).map(async (sector) => {
      const { body: listed } = await post.get(anybody, `/v1/${sector}/services`);
      return (listed['items'] as OfferedService[]).map((service) => ({ ...service, sector }));
    }),
  );
  return lists.flat();
}

const anybody = { agency: 'oim', roles: ['caseworker'], sub: 'reader' };

async function documentedSectors(post: Post): Promise<readonly string[]> {
  const { body } = await post.get(anybody, '/v1/openapi.json');
  const paths = Object.keys(body['paths'] as object);
  return paths.flatMap((path) => /^\/v1\/([a-z-]+)\/services$/.exec(path)?.slice(1) ?? []);
}
