import { HttpException, type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { StorageUnavailable } from '@ihala/event-log';
import { KeyringUnavailable } from '@ihala/privacy';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { type Language, languageOf } from './language.js';
import { type ProblemTitles, problemTitles } from './problem-titles.js';

export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** What may stand in a problem beside the RFC 9457 members: codes and names, never personal data. */
export interface ProblemExtras {
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
  readonly [member: string]: unknown;
}

/** A refusal on its way out: an HTTP status and a stable code; the words are chosen by the reader's language. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly extras: ProblemExtras = {},
  ) {
    super(code);
  }
}

export const notFound = (thing: string) => new Problem(404, `${thing}.not-found`);
export const invalid = (errors: readonly FieldError[]) => new Problem(400, 'request.invalid', { errors });

/** The one place where errors become application/problem+json. It never echoes the URL or a message from below. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #titles: ProblemTitles;

  /** @param own what only this service refuses, in words */
  constructor(
    private readonly onRefusal?: (code: string) => void,
    own?: ProblemTitles,
  ) {
    this.#titles = { ...problemTitles, ...own };
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const problem = toProblem(error);
    if (problem.status >= 500 && !(error instanceof Problem)) {
      (request.log as unknown as Logger).error(
        { err: error },
        problem.code === 'internal' ? 'unexpected error' : 'fault',
      );
    }
    this.onRefusal?.(problem.code);
    refusals.set(request, problem.code);
    const { retryAfterSeconds } = problem.extras;
    const language = languageOf(request.headers['accept-language']);
    void reply
      .status(problem.status)
      .headers({
        'content-type': 'application/problem+json; charset=utf-8',
        'content-language': language,
        'cache-control': 'no-store',
        ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
        ...(problem.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
        ...(problem.status === 413 ? { connection: 'close' } : {}),
      })
      .send(problemText(problem, language, this.#titles));
  }
}

const refusals = new WeakMap<FastifyRequest, string>();
/** The code with which a request was refused, if it was. */
export const refusalOf = (request: FastifyRequest): string | undefined => refusals.get(request);

/** RFC 9457 JSON. */
export function problemText({ status, code, extras }: Problem, language: Language, titles = problemTitles): string {
  const { retryAfterSeconds: _, ...members } = extras;
  const { title, detail } = (titles[code] ?? titles['internal']!)[language];
  return JSON.stringify({ type: `urn:ihala:problem:${code}`, title, status, detail, code, ...members });
}

const codesByStatus: Readonly<Record<number, string>> = {
  400: 'request.invalid',
  404: 'route.not-found',
  408: 'request.timed-out',
  413: 'request.too-large',
  414: 'request.invalid',
  415: 'request.unsupported-media-type',
  429: 'rate.exceeded',
  431: 'request.headers-too-large',
  503: 'service.unavailable',
};

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StorageUnavailable || error instanceof KeyringUnavailable) {
    return new Problem(503, 'storage.unavailable', { retryAfterSeconds: 5 });
  }
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown })?.statusCode;
  const code = typeof status === 'number' ? codesByStatus[status] : undefined;
  if (code === undefined) return new Problem(500, 'internal');
  return new Problem(status === 414 ? 400 : (status as number), code, code === 'request.invalid' ? { errors: [] } : {});
}
