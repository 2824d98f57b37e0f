import type { TracePoint } from '@ihala/event-log';

/** A piece of work that is over. It says ids, codes and counts: no name, no address, no word that anybody wrote. */
export interface Span extends TracePoint {
  readonly parentId?: string;
  /** another trace that this belongs to as well */
  readonly link?: TracePoint;
  readonly name: string;
  readonly kind: 'server' | 'producer' | 'client' | 'consumer' | 'internal';
  /** ms since 1970 */
  readonly start: number;
  readonly end: number;
  /** named as OpenTelemetry's semantic conventions have them, what is our own `ihala.…` */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** it failed: the kind of error, in one word */
  readonly failed?: string;
}

/** Where spans go. Whether a trace is kept is said by its id, so that all processes say the same. */
export abstract class Tracing {
  /** Takes at once what it can, and forgets the rest: nobody waits for a trace. */
  abstract record(service: string, span: Span): void;

  /** Sends off what it has, as far as that is quickly done. */
  abstract close(): Promise<void>;
}
