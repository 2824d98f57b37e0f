import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { moveBys, office, principalEntity, resourceEntities } from './questions.js';
import type { MoveBy, Principal, Question, ReferralParties } from './questions.js';

/** The policies can't be read, don't fit their schema, or failed in judging. Whoever asked gets nothing. */
export class PolicyError extends Error {}

const file = (name: string) => readFileSync(new URL(`../policies/${name}`, import.meta.url), 'utf8');
const rememberedDecisions = 10_000;

/** Who may do what: Cedar's answer, deny unless a policy permits, forbid before permit. */
export class Policies {
  readonly #id: string;
  readonly #readsAll: cedar.CedarValueJson[];
  readonly #decisions = new Map<string, boolean>();

  /**
   * @param readsAll the agencies whose auditors read all
   * @throws PolicyError
   */
  constructor(readsAll: readonly string[], policies = file('ihala.cedar'), schema = file('ihala.cedarschema')) {
    this.#readsAll = readsAll.map((agency) => ({ __entity: office(agency) }));
    this.#id = createHash('sha256').update(policies).update('\0').update(schema).digest('hex');
    const staticPolicies = { staticPolicies: policies };
    const checked = cedar.validate({ schema, policies: staticPolicies, validationSettings: { mode: 'strict' } });
    if (checked.type === 'failure') throw refused(checked.errors);
    if (checked.validationErrors.length > 0) throw refused(checked.validationErrors.map(({ error }) => error));
    for (const parsed of [cedar.preparseSchema(this.#id, schema), cedar.preparsePolicySet(this.#id, staticPolicies)]) {
      if (parsed.type === 'failure') throw refused(parsed.errors);
    }
  }

  /** @throws PolicyError when a policy could not be judged: a forbid among them would otherwise be passed over */
  permits(caller: Principal, ...[action, resource, context]: Question): boolean {
    const principal = principalEntity(caller);
    const entities = resourceEntities(resource);
    return this.#decided({
      principal: principal.uid,
      action: { type: 'Action', id: action },
      resource: entities[0].uid,
      context: action === 'read-whole-audit' ? { readsAll: this.#readsAll } : context ? { by: [...context.by] } : {},
      entities: [principal, ...entities],
    });
  }

  /** All that the caller may be in this referral. The protocol's table says what each may do. */
  moversOf(caller: Principal, referral: ReferralParties): MoveBy[] {
    return moveBys.filter((by) => this.permits(caller, 'move-referral', referral, { by: [by] }));
  }

  /** A decision rests on nothing but the question, and lists ask the same ones over and over. */
  #decided(question: PolicyQuestion): boolean {
    const key = JSON.stringify(question);
    const known = this.#decisions.get(key);
    if (known !== undefined) return known;
    const permitted = this.#judged(question);
    if (this.#decisions.size >= rememberedDecisions) this.#decisions.clear();
    this.#decisions.set(key, permitted);
    return permitted;
  }

  #judged(question: PolicyQuestion): boolean {
    const answer = cedar.statefulIsAuthorized({
      ...question,
      preparsedSchemaName: this.#id,
      preparsedPolicySetId: this.#id,
      validateRequest: true,
    });
    if (answer.type === 'failure') throw refused(answer.errors);
    const { decision, diagnostics } = answer.response;
    if (diagnostics.errors.length > 0) throw refused(diagnostics.errors.map(({ error }) => error));
    return decision === 'allow';
  }
}

type PolicyQuestion = Pick<
  cedar.StatefulAuthorizationCall,
  'principal' | 'action' | 'resource' | 'context' | 'entities'
>;

const refused = (errors: readonly cedar.DetailedError[]) =>
  new PolicyError(errors.map(({ message }) => message).join('\n'));
