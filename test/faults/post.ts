import { setTimeout as pause } from 'node:timers/promises';
import type { Employee } from '../e2e/people.js';
import type { Chance } from './chance.js';
import { type Command, type Entry, Ledger } from './ledger.js';
import { type Reply, Unanswered, Wire } from './wire.js';

/** The load is at its end: nothing new is begun. */
export class Over extends Error {}

/** One life of the server, as its callers know it. */
interface Life {
  readonly wire: Wire;
  readonly tokens: Map<string, Promise<string>>;
}

export interface PostOptions {
  /** called at every acknowledgement, as soon as it is written down */
  readonly onAcknowledged?: ((entry: Entry) => void) | undefined;
  /** the code of an answer that says neither that it was done nor that it was not */
  readonly doubtful?: string;
}

const soonMs = 20;
/** After this many answers that say neither yes nor no a command stays in doubt. */
const mostRetries = 40;

/**
 * The way of every command from the journeys to the server, whichever life that is in. Each is written down before it is sent and
 * when it is answered; what was cut off, or lost with a server that was killed, is sent again with its key until it is answered.
 */
export class Post {
  readonly ledger = new Ledger();
  #life = Promise.withResolvers<Life>();
  #current: Life | undefined;
  #over = false;

  constructor(private readonly options: PostOptions = {}) {
    this.#life.promise.catch(() => undefined);
  }

  connect(url: string): void {
    this.#current = { wire: new Wire(url), tokens: new Map() };
    this.#life.resolve(this.#current);
  }

  /** The server is gone, or about to be: whatever is unanswered waits for its next life. */
  disconnect(): void {
    if (!this.#current) return;
    this.#current.wire.close();
    this.#current = undefined;
    this.#life = Promise.withResolvers();
    this.#life.promise.catch(() => undefined);
  }

  /** No new commands from now on; those under way are brought to their answer. */
  end(): void {
    this.#over = true;
  }

  /** There is no next life: those under way end too, in doubt. */
  abandon(): void {
    this.end();
    this.disconnect();
    this.#life.reject(new Over());
  }

  async get(by: Employee, path: string): Promise<Reply> {
    const life = await this.#life.promise;
    return life.wire.send({ method: 'GET', path, headers: { authorization: await tokenOf(by, life) } });
  }

  /** Sends a command as chance has it: once, cut off and again, several at a time, or again later. @throws Over */
  async command(by: Employee, path: string, body: object, chance: Chance): Promise<Reply> {
    if (this.#over) throw new Over();
    const entry = this.ledger.begin({
      key: chance.uuid(),
      correlation: chance.uuid(),
      by,
      service: serviceOf(path),
      path,
      body,
    });
    const kind = chance.next();
    if (kind < 0.08) return this.#untilAnswered(entry, chance.between(0, 8));
    if (kind < 0.14) {
      const twins = Array.from({ length: chance.between(2, 4) }, () => this.#untilAnswered(entry));
      return (await Promise.all(twins))[0]!;
    }
    const reply = await this.#untilAnswered(entry);
    if (kind > 0.95 && !this.#over) {
      await pause(chance.between(1, 100));
      return this.#untilAnswered(entry);
    }
    return reply;
  }

  /** @param cutAfterMs cuts the connection of the first attempt */
  async #untilAnswered(entry: Entry, cutAfterMs?: number): Promise<Reply> {
    for (let attempt = 0; ; attempt += 1) {
      const reply = await this.#attempt(entry, attempt === 0 ? cutAfterMs : undefined);
      if (reply && (isDefinite(reply.status) || attempt === mostRetries)) return reply;
      await pause(soonMs);
    }
  }

  async #attempt(entry: Entry, cutAfterMs: number | undefined): Promise<Reply | undefined> {
    const life = await this.#life.promise;
    try {
      const headers = headersOf(entry.command, await tokenOf(entry.command.by, life));
      entry.sent += 1;
      const again = entry.acknowledged.length > 0;
      const { path, body } = entry.command;
      const reply = await life.wire.send({ method: 'POST', path, headers, body, ...(cutAfterMs && { cutAfterMs }) });
      this.#note(entry, reply, again);
      return reply;
    } catch (error) {
      if (error instanceof Unanswered) return undefined;
      throw error;
    }
  }

  #note(entry: Entry, { status, etag, body, replayed }: Reply, again: boolean): void {
    if (status < 300) {
      const version = Number(etag?.replaceAll('"', ''));
      entry.acknowledged.push({ status, id: String(body['id']), version, replayed });
      this.options.onAcknowledged?.(entry);
    } else if (status === 500) {
      this.ledger.faults.push(entry.command.path);
    } else if (status < 500 || (status === 503 && body['code'] !== this.options.doubtful)) {
      const refusal = `${status} ${String(body['code'])}`;
      entry.refused.push(refusal);
      if (again) entry.refusedAgain.push(refusal);
    }
  }
}

/** Too many requests, or not able just now: to be asked again. */
const isDefinite = (status: number): boolean => status < 500 && status !== 429;

const headersOf = ({ key, correlation }: Command, token: string) => ({
  authorization: token,
  'content-type': 'application/json',
  'idempotency-key': key,
  'x-correlation-id': correlation,
});

/** Of the development issuer, whose keys live as long as the server. */
function tokenOf(by: Employee, { wire, tokens }: Life): Promise<string> {
  const issue = async () => {
    const headers = { 'content-type': 'application/json' };
    const { status, body } = await wire.send({ method: 'POST', path: '/dev/token', headers, body: by });
    if (status >= 500) throw new Unanswered('/dev/token');
    if (status !== 200) throw new Error(`no token for ${by.sub}: ${status}`);
    return `Bearer ${String(body['access_token'])}`;
  };
  const token = tokens.get(by.sub) ?? issue();
  tokens.set(by.sub, token);
  token.catch(() => tokens.delete(by.sub));
  return token;
}

/** Whose log a command's events go to: `/v1/transfers` is of the cases. */
function serviceOf(path: string): string {
  const name = path.split('/')[2]!;
  return name === 'transfers' ? 'cases' : name;
}
