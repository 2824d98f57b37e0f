import type { DomainEvent } from '@ihala/decider';
import type { ContentClass, EventSchema, SealClass } from '@ihala/contracts';
import type { Actor, JsonObject, NewEvent, RecordedEvent } from '@ihala/event-log';
import { isErased, type Sealer, type Unsealed } from '@ihala/privacy';
import { v7 as uuidv7 } from 'uuid';

/** Who caused events, and what they belong to. */
export interface Cause {
  readonly actor: Actor;
  readonly caseId?: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly at: string;
}

export type EventSchemas = Readonly<Record<string, EventSchema>>;
type PlainEvent = DomainEvent<string, object>;

/** The door between the pure domain and the log: what the schema marks clear goes out as `data`, the rest sealed. */
export class EventWriter {
  constructor(
    private readonly service: string,
    private readonly schemas: EventSchemas,
    private readonly sealer: Sealer,
  ) {}

  /** @throws Error when an event is not what its schema says: a fault of ours, caught before anything is written */
  async written(events: readonly PlainEvent[], cause: Cause): Promise<NewEvent[]> {
    return Promise.all(events.map((event) => this.writtenOne(event, cause)));
  }

  private async writtenOne(event: PlainEvent, cause: Cause): Promise<NewEvent> {
    const schema = this.schemas[event.type];
    if (!schema) throw new Error(`no schema for ${event.type}`);
    const id = uuidv7();
    const contents = this.contents(event, schema);
    return {
      id,
      type: event.type,
      schemaVersion: schema.schemaVersion,
      occurredAt: cause.at,
      actor: cause.actor,
      ...(cause.caseId === undefined ? {} : { caseId: cause.caseId }),
      correlationId: cause.correlationId,
      causationId: cause.causationId,
      data: schema.data.parse(withoutUndefined(event.data)) as JsonObject,
      ...(contents && { sealed: await this.sealed(cause.caseId, id, contents) }),
    };
  }

  /** Under the keys of the person; words that belong to no case under one of the service's own. */
  private sealed(caseId: string | undefined, id: string, contents: Record<string, JsonObject>) {
    return this.sealer.seal(caseId ?? `service-${this.service}`, id, contents);
  }

  private contents(event: PlainEvent, schema: EventSchema): Record<string, JsonObject> | undefined {
    const parts = Object.entries(event.personal ?? {}).filter(([, content]) => content !== undefined);
    if (parts.length === 0) return undefined;
    return Object.fromEntries(
      parts.map(([name, content]) => {
        const part = schema.personal[name as ContentClass];
        if (!part) throw new Error(`${event.type} has no ${name}`);
        return [sealClass(name, this.service), part.parse(withoutUndefined(content as object)) as JsonObject];
      }),
    );
  }
}

const sealClass = (name: string, service: string): SealClass =>
  (name === 'texts' ? `texts-${service}` : name) as SealClass;

const withoutUndefined = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));

/** What of an event's sealed parts may be read now; classes that were not asked for or are erased are left out. */
export type Contents = Readonly<Record<string, JsonObject>>;

/** Opens sealed parts of many events in one go. `texts` stands for the service's own narrative. */
export class EventReader {
  constructor(
    private readonly service: string,
    private readonly sealer: Sealer,
  ) {}

  async contents(
    events: readonly RecordedEvent[],
    classes: (event: RecordedEvent) => readonly string[],
  ): Promise<Contents[]> {
    const wanted = events.map((event) => {
      const visible = new Set(classes(event).map((name) => sealClass(name, this.service)));
      return { id: event.id, sealed: (event.sealed ?? []).filter((part) => visible.has(part.class as SealClass)) };
    });
    const named = new Set(wanted.flatMap(({ sealed }) => sealed.map((part) => part.class as SealClass)));
    const opened = await this.sealer.unsealAll(wanted, [...named]);
    return opened.map((parts) => this.readable(parts));
  }

  private readable(parts: Unsealed): Contents {
    const own = `texts-${this.service}`;
    return Object.fromEntries(
      (Object.entries(parts) as [string, JsonObject | symbol][])
        .filter((part): part is [string, JsonObject] => !isErased(part[1]))
        .map(([name, content]) => [name === own ? 'texts' : name, content]),
    );
  }
}
