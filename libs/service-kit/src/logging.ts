import { AsyncLocalStorage } from 'node:async_hooks';
import type { LoggerService } from '@nestjs/common';
import { pino, stdSerializers, type DestinationStream, type Logger } from 'pino';
import type { RequestIds } from './http/call.js';

/** The request that is being worked on, so that every line written meanwhile can be found by its ids. */
export const underRequest = new AsyncLocalStorage<RequestIds>();

/** Error text may quote what somebody sent, so only its type, code and place are kept. */
export function errorWithoutWords(error: unknown): object {
  if (!Error.isError(error)) return { type: typeof error };
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return {
    type: error.name,
    code: (error as NodeJS.ErrnoException).code,
    sqlite: (error as { errcode?: number }).errcode,
    ...(error.cause === undefined ? {} : { cause: errorWithoutWords(error.cause) }),
    at: frames.slice(0, 8).map((line) => line.trim()),
  };
}

/** One JSON logger a service. No URL, no header, no body, no error message: none of them may carry a person's data. */
export function serviceLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service },
    mixin: () => underRequest.getStore() ?? {},
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    serializers: { ...stdSerializers, err: errorWithoutWords, req: () => undefined, res: () => undefined },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Nest's own messages, on the same logger. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}
  log(message: unknown): void {
    this.logger.debug({ nest: String(message) }, 'nest');
  }
  error(message: unknown): void {
    this.logger.error({ err: message }, 'nest');
  }
  warn(message: unknown): void {
    this.logger.warn({ nest: String(message) }, 'nest');
  }
}
