import type { EventSchema } from '@ihala/contracts';
import { CannotCarryOut, type Due, type JsonObject, type RecordedEvent, type View } from '@ihala/event-log';
import {
  applyDecorators,
  type ArgumentMetadata,
  Catch,
  Injectable,
  type PipeTransform,
  type RpcExceptionFilter,
  UseFilters,
  UsePipes,
} from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { throwError } from 'rxjs';
import { z } from 'zod';
import type { EventSchemas } from '../events.js';

/** A reaction before it runs: its name, and what it may look up. Its handlers are methods marked `@When`. */
export interface ReactionDefinition {
  readonly name: string;
  readonly knows?: View<JsonObject>;
}
/** A timer before it runs; its handler is the method marked `@WhenDue`. */
export interface TimerDefinition {
  readonly name: string;
  readonly due: View<Due>;
}
export type Following = { readonly reaction: ReactionDefinition } | { readonly timer: TimerDefinition };

/** What is checked of an event that a handler is told of; a schema of types makes a union. */
type Told<Schemas extends EventSchemas, Type extends keyof Schemas> = {
  [T in Type]: Omit<RecordedEvent, 'type' | 'data'> & { readonly type: T; readonly data: z.infer<Schemas[T]['data']> };
}[Type];

/** The published form of these events, for `@Payload`: another version, or other data, is not read. */
export function told<Schemas extends EventSchemas, Type extends keyof Schemas & string>(
  schemas: Schemas,
  ...types: readonly Type[]
): z.ZodType<Told<Schemas, Type>> {
  const forms = types.map((type) => {
    const { schemaVersion, data } = schemas[type] as EventSchema;
    return z.looseObject({ type: z.literal(type), schemaVersion: z.literal(schemaVersion), data });
  });
  return z.union(forms) as unknown as z.ZodType<Told<Schemas, Type>>;
}

/** Nest hides what went wrong from who sent the message; here it is the log, which parks or tries again by it. */
@Catch()
class Rethrow implements RpcExceptionFilter {
  catch(error: unknown) {
    return throwError(() => error);
  }
}

@Injectable()
class ReadablePipe implements PipeTransform {
  transform(value: unknown, { schema }: ArgumentMetadata): unknown {
    if (schema && !(schema as unknown as z.ZodType).safeParse(value).success) {
      throw new CannotCarryOut('event.unreadable');
    }
    return value;
  }
}

const handled = (pattern: string | readonly string[], following: Following) =>
  applyDecorators(EventPattern<unknown>(pattern, following), UsePipes(ReadablePipe), UseFilters(Rethrow));

/** A handler that is told of these events, own and observed, each once and in order, and names what is to be done. */
export const When = (reaction: ReactionDefinition, ...types: readonly string[]) => handled(types, { reaction });

/** What a due handler is told. */
export type DueNow = Due & { readonly id: string };

/** A handler that is told of what has fallen due, and does it. */
export const WhenDue = (timer: TimerDefinition) => handled(`due:${timer.name}`, { timer });

/** The event, checked against its published form. */
export const TheEvent = (schema: z.ZodType) => Payload({ schema });

/** What fell due. */
export const TheDue = () => Payload();
