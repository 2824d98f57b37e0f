import { createHmac } from 'node:crypto';
import { type DomainEvent, isRefusal, type Refusal } from '@ihala/decider';
import {
  CannotCarryOut,
  type CommandIdentity,
  type EventLog,
  type Guard,
  type Rush,
  type StreamWrite,
  type Versions,
  WrongExpectedVersion,
  CommandReused,
} from '@ihala/event-log';
import canonicalize from 'canonicalize';
import { Answer } from './http/answer.js';
import { type Call, requireValidKey } from './http/call.js';
import { Problem } from './http/problem.js';
import { type Cause, type EventWriter } from './events.js';
import { type Service } from './service.js';
import { type SourceCopies } from './source-copies.js';
import type { ServiceTracing } from './tracing/service-tracing.js';

/** What a decision wants written: events on one or more streams, and the streams it rests on. */
export interface Plan {
  readonly writes: readonly {
    readonly stream: string;
    /** whose person's keys seal it, and in whose history it stands */
    readonly caseId?: string;
    readonly expectedVersion: number;
    readonly events: readonly DomainEvent<string, object>[];
  }[];
  readonly guards?: readonly Guard[];
}

/** A representation with its version; `location` when it was made by this command. */
export interface Answered {
  readonly body: object;
  readonly version: number;
  readonly location?: string;
}

export interface Work {
  /** Reads what it needs and decides; called again when something moved meanwhile. */
  decide(retry: boolean): Promise<Plan | Refusal>;
  /** The resource as of what was appended, as this caller may see it now. */
  answer(versions: Versions, replayed: boolean): Promise<Answered>;
  /** Refusals with these codes rest on facts copied from `source`, and are given only once the copy is new enough. */
  readonly restsOn?: { readonly source: string; readonly codes: readonly string[] };
}

/** What a reaction or a timer does: to which stream, on which occasion, and how its events say why. */
export interface Followed {
  /** of the reaction or timer */
  readonly name: string;
  readonly occasion: string;
  readonly target: string;
  readonly cause: (caseId: string | undefined) => Cause;
}

const attempts = 20;

/** What of a service commands need. */
type ShellParts = Pick<Service, 'writer' | 'copies' | 'commandSecret'> & {
  readonly store: Pick<Service['store'], 'log'>;
  readonly surroundings: Pick<Service['surroundings'], 'rush'>;
  readonly tracing?: ServiceTracing;
};

/** One door for every command: replay, decide, append, answer; and again when a stream moved in between. */
export class CommandShell {
  readonly #log: EventLog;
  readonly #writer: EventWriter;
  readonly #copies: SourceCopies;
  readonly #secret: Uint8Array;
  readonly #rush: Rush;
  readonly #tracing: ServiceTracing | undefined;

  constructor({ store, writer, copies, commandSecret, surroundings, tracing }: ShellParts) {
    this.#log = store.log;
    this.#writer = writer;
    this.#copies = copies;
    this.#secret = commandSecret;
    this.#rush = surroundings.rush;
    this.#tracing = tracing;
  }

  /** @throws Problem */
  async run(call: Call, body: unknown, work: Work): Promise<Answer> {
    const command = this.identify(call, body);
    return this.#rush.during(async () => (await this.replay(command, work)) ?? this.attempt(call, command, work));
  }

  /**
   * The same door for what a reaction or a timer asks for. Done once for one occasion and target, however often it is asked.
   * @throws CannotCarryOut with the code of a refusal
   */
  async follow(followed: Followed, decide: () => Promise<Plan | Refusal>): Promise<void> {
    const follow = () => this.followUp(followed, decide);
    await (this.#tracing?.following(followed.name, followed.cause(undefined), follow) ?? follow());
  }

  private async followUp({ name, occasion, target, cause }: Followed, decide: () => Promise<Plan | Refusal>) {
    const command = { id: this.mac(['reaction', name, occasion, target]), fingerprint: this.mac(['reaction', name]) };
    if (await this.#log.findCommand(command.id)) return;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const plan = await decide();
      if (isRefusal(plan)) throw new CannotCarryOut(plan.refused);
      // nothing left to do
      if (plan.writes.every(({ events }) => events.length === 0)) return;
      if (await this.append(cause, command, plan)) return;
    }
    throw new Problem(503, 'service.busy');
  }

  private async attempt(call: Call, command: CommandIdentity | undefined, work: Work): Promise<Answer> {
    let waited = false;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const plan = await work.decide(attempt > 0).catch(problemAsRefusal);
      if (isRefusal(plan) || plan instanceof Problem) {
        // The same command may have won while this one was deciding: then its refusal would be of its own doing.
        const replayed = await this.replay(command, work);
        if (replayed) return replayed;
        const problem = plan instanceof Problem ? plan : refused(plan);
        if (waited || !work.restsOn?.codes.includes(problem.code)) throw problem;
        await this.#copies.requireUpTo(work.restsOn.source, call.receivedAt);
        waited = true;
        continue;
      }
      const result = await this.append((caseId) => causeOf(call, caseId), command, plan);
      if (result) return answerOf(work, result.versions, result.replayed);
    }
    throw new Problem(503, 'service.busy', { retryAfterSeconds: 1 });
  }

  private async append(cause: (caseId: string | undefined) => Cause, command: CommandIdentity | undefined, plan: Plan) {
    const writes: StreamWrite[] = await Promise.all(
      plan.writes.map(async ({ events, caseId, ...write }) => ({
        ...write,
        events: await this.#writer.written(events, cause(caseId)),
      })),
    );
    const { guards } = plan;
    const append = () => this.#log.append({ writes, ...(guards && { guards }), ...(command && { command }) });
    try {
      return await (this.#tracing?.appending(writes, append) ?? append());
    } catch (error) {
      if (error instanceof WrongExpectedVersion) return undefined;
      if (error instanceof CommandReused) throw new Problem(422, 'idempotency-key.reused');
      throw error;
    }
  }

  private async replay(command: CommandIdentity | undefined, work: Work): Promise<Answer | undefined> {
    const seen = command && (await this.#log.findCommand(command.id));
    if (!seen) return undefined;
    if (seen.fingerprint !== command.fingerprint) throw new Problem(422, 'idempotency-key.reused');
    return answerOf(work, seen.versions, true);
  }

  private identify(call: Call, body: unknown): CommandIdentity | undefined {
    if (call.idempotencyKey === undefined) return undefined;
    requireValidKey(call.idempotencyKey);
    const { issuer, agency, subject } = call.caller;
    return {
      id: this.mac(['command', issuer, agency, subject, call.idempotencyKey]),
      fingerprint: this.mac(['fingerprint', call.method, call.path, canonicalize(body) ?? '']),
    };
  }

  private mac(parts: readonly string[]): string {
    return createHmac('sha256', this.#secret).update(JSON.stringify(parts)).digest('base64url');
  }
}

async function answerOf(work: Work, versions: Versions, replayed: boolean): Promise<Answer> {
  const { body, ...meta } = await work.answer(versions, replayed);
  return new Answer(body, { ...meta, replayed });
}

const problemAsRefusal = (error: unknown): Problem => {
  if (error instanceof Problem) return error;
  throw error;
};

const forbidden = new Set(['access.forbidden']);
const refused = ({ refused: code, details }: Refusal): Problem =>
  new Problem(forbidden.has(code) ? 403 : code.endsWith('.not-found') ? 404 : 409, code, details);

/** The role under which a caller with several acted: the one that may most. */
const byRank = ['supervisor', 'clinician', 'caseworker', 'auditor', 'administrator', 'statistician'];

function causeOf(call: Call, caseId: string | undefined): Cause {
  const { agency, units, subject, roles } = call.caller;
  return {
    actor: {
      agency,
      ...(units.length === 1 ? { unit: units[0]! } : {}),
      subject,
      role: byRank.find((role) => (roles as readonly string[]).includes(role))!,
    },
    ...(caseId === undefined ? {} : { caseId }),
    correlationId: call.correlationId,
    causationId: call.requestId,
    at: call.receivedAt,
  };
}
