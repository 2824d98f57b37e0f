import { setTimeout as pause } from 'node:timers/promises';
import type { InLanguages, Language } from '@ihala/service-kit';
import { type Member, tokenRequests } from './cast.js';

/** One request of the story: who asks, what they must be answered, and what of it is told. */
export interface Step {
  readonly title: InLanguages<string>;
  readonly as: Member;
  /** method and path; `{name}` stands for something saved by an earlier step, here and in the body */
  readonly do: string;
  readonly body?: object;
  readonly status: number;
  /** paths into the answer and the values that stand there; `anything` will do where it is only to be told */
  readonly sees?: Readonly<Record<string, unknown>>;
  /** paths that the answer must not have: what is kept from this caller */
  readonly hides?: readonly string[];
  readonly save?: Readonly<Record<string, string>>;
  /** lines that tell of longer answers */
  readonly tells?: (answer: Answer) => readonly string[];
}
export interface Act {
  readonly title: InLanguages<string>;
  readonly steps: readonly Step[];
}
/** An answer's body: JSON of whatever form the step's expectation says. */
export type Answer = Readonly<Record<string, unknown>>;
export const anything = Symbol('anything');

/** What was asked and answered, for whoever tells the story. */
export interface Played {
  readonly told: readonly (readonly [label: string, value: string])[];
  readonly lines: readonly string[];
}

/** A step did not go as the story says. */
export class StepFailed extends Error {}

/** A list may be a moment behind what was just done. */
const patienceMs = 5000;

/** Plays steps against a running Ihala, with tokens from its development issuer. */
export class Player {
  readonly #tokens = new Map<Member, string>();
  readonly #saved: Record<string, string> = {
    now: new Date().toISOString(),
    tomorrow: new Date(Date.now() + 86_400_000).toISOString(),
  };

  constructor(
    private readonly url: string,
    private readonly language: Language,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws StepFailed */
  async play(step: Step): Promise<Played> {
    const patience = Date.now() + patienceMs;
    for (;;) {
      const { status, body } = await this.#ask(step);
      const wrong = shortfall(step, status, body);
      if (!wrong) {
        for (const [name, path] of Object.entries(step.save ?? {})) this.#saved[name] = String(at(body, path));
        return told(step, status, body);
      }
      if ((status !== 503 && !step.do.startsWith('GET ')) || Date.now() > patience) {
        throw new StepFailed(`${step.as}: ${step.do}: ${wrong}`);
      }
      await pause(100, undefined, { signal: this.signal });
    }
  }

  async #ask(step: Step): Promise<{ status: number; body: Answer }> {
    const [method = '', path = ''] = this.#filled(step.do).split(' ');
    const headers = { authorization: `Bearer ${await this.#token(step.as)}`, 'accept-language': this.language };
    return this.#fetch(method, path, step.body && JSON.parse(this.#filled(JSON.stringify(step.body))), headers);
  }

  async #token(member: Member): Promise<string> {
    const known = this.#tokens.get(member);
    if (known) return known;
    const { status, body } = await this.#fetch('POST', '/dev/token', tokenRequests[member]);
    if (status !== 200) {
      throw new StepFailed(`POST /dev/token answered ${status}: does ${this.url} run with IHALA_DEV_ISSUER=1?`);
    }
    const token = String(body['access_token']);
    this.#tokens.set(member, token);
    return token;
  }

  async #fetch(method: string, path: string, sent?: unknown, headers: Record<string, string> = {}) {
    const content = sent === undefined ? {} : { body: JSON.stringify(sent) };
    const type = sent === undefined ? {} : { 'content-type': 'application/json' };
    try {
      const response = await fetch(new URL(path, this.url), {
        method,
        headers: { ...headers, ...type },
        signal: this.signal,
        ...content,
      });
      return { status: response.status, body: (await response.json()) as Answer };
    } catch (error) {
      const { message, cause } = error as Error & { cause?: { code?: string; message: string } };
      throw new StepFailed(
        `${method} ${path}: no answer from ${this.url} (${cause?.code ?? cause?.message ?? message})`,
        {
          cause: error,
        },
      );
    }
  }

  readonly #filled = (text: string): string => text.replace(/\{(\w+)\}/g, (whole, name) => this.#saved[name] ?? whole);
}

/** What is not as the story says, if anything. */
function shortfall(step: Step, status: number, body: Answer): string | undefined {
  if (status !== step.status) return `expected ${step.status}, got ${status} ${text(body['code'] ?? body)}`;
  for (const [path, wanted] of Object.entries(step.sees ?? {})) {
    const found = at(body, path);
    const fits = wanted === anything ? found !== undefined : text(found) === text(wanted);
    if (!fits) return `expected ${path} to be ${text(wanted)}, got ${text(found)}`;
  }
  const shown = step.hides?.find((path) => at(body, path) !== undefined);
  return shown && `expected no ${shown}, got one`;
}

function told(step: Step, status: number, body: Answer): Played {
  const problem = status >= 400 ? (['code', 'title'] as const) : [];
  const seen = [...problem, ...Object.keys(step.sees ?? {})].map((path) => [path, text(at(body, path))] as const);
  const kept = (step.hides ?? []).map((path) => [path, '—'] as const);
  return { told: [...new Map([...seen, ...kept])], lines: step.tells?.(body) ?? [] };
}

/** @param path names and indexes with dots between them; -1 is the last */
function at(body: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (part, key) => (Array.isArray(part) ? part.at(Number(key)) : (part as Answer | undefined)?.[key]),
      body,
    );
}

/** A value as people read it. */
function text(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.map(text).join(', ') || 'none';
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([key, part]) => `${key}: ${text(part)}`)
    .join(' · ');
}
