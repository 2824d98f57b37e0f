import { type Action, Policies, type Question, type Resource } from '@ihala/access';
import { Injectable } from '@nestjs/common';
import type { Call } from './call.js';
import { notFound, Problem } from './problem.js';

/** Finds the thing that a path names. One for each kind of thing; guards and conflict retries use the same one. */
export abstract class ResourceLoader<Loaded = unknown> {
  /** what a 404 is about: `case` → `case.not-found` */
  abstract readonly thing: string;
  abstract load(params: Readonly<Record<string, string>>): Promise<Loaded | undefined>;
  /** what policies are asked about */
  abstract resource(loaded: Loaded): Resource;
}

@Injectable()
export class Authorisation {
  constructor(private readonly policies: Policies) {}

  /**
   * Loads what the call names and asks the policies about it.
   * @throws Problem 404 when the caller may not know of it, 403 when it may, but may not do this
   */
  async admit(
    call: Call,
    action: Action,
    to: { loader?: ResourceLoader; params?: Record<string, string>; context?: Readonly<Record<string, unknown>> },
  ): Promise<unknown> {
    const desk = { type: 'Desk', ...(to.context?.['sector'] !== undefined && to.context) } as const;
    this.require(call, 'enter', desk);
    if (!to.loader) {
      this.require(call, ...question(action, desk));
      return undefined;
    }
    const loaded = await to.loader.load(to.params ?? {});
    if (loaded === undefined) throw notFound(to.loader.thing);
    const resource = to.loader.resource(loaded);
    if (!this.permits(call, ...question(action, resource, to.context))) {
      if (this.permits(call, ...question('know', resource))) throw new Problem(403, 'access.forbidden');
      throw notFound(to.loader.thing);
    }
    return loaded;
  }

  permits(call: Call, ...asked: Question): boolean {
    return this.policies.permits(call.caller, ...asked);
  }

  /** @throws Problem 403 */
  require(call: Call, ...asked: Question): void {
    if (!this.permits(call, ...asked)) throw new Problem(403, 'access.forbidden');
  }
}

/** A route's action and its loader's resource belong together; types can't follow that through decorators. */
const question = (...asked: readonly [Action, Resource, unknown?]): Question =>
  asked.filter((part) => part !== undefined) as unknown as Question;
