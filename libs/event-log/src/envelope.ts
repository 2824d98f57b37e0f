/** What an event is on the log and on the wire. Field names follow CloudEvents where it has one (`id`, `source`, `type`). */

/** Plain JSON that has one canonical form: well-formed strings, booleans, safe integers, arrays, objects. No null, no fraction. */
export type Json = string | boolean | number | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export interface Actor {
  readonly agency: string;
  readonly unit?: string;
  readonly subject: string;
  readonly role: string;
}

/** One part of an event that only holders of a key can read: AES-256-GCM under the key `keyId`; nonce and ciphertext base64url. */
export interface SealedPart {
  readonly keyId: string;
  readonly class: string;
  readonly nonce: string;
  readonly ciphertext: string;
}

/** An event as it is handed to the log: everything that is known before the commit. */
export interface NewEvent {
  /** UUIDv7 */
  readonly id: string;
  readonly type: string;
  readonly schemaVersion: number;
  /** RFC 3339, UTC, milliseconds */
  readonly occurredAt: string;
  readonly actor: Actor;
  readonly caseId?: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly data: JsonObject;
  readonly sealed?: readonly SealedPart[];
}

/** An event as its own service published it: the part of the envelope that is equal in every engine and in every copy. */
export interface PublishedEvent extends NewEvent {
  /** `<service>/<aggregate>-<id>`: unique across services */
  readonly stream: string;
  /** 1, 2, 3… within its stream */
  readonly version: number;
  /** 0, 1, 2… over the service's own events */
  readonly sequence: number;
  /** the log's clock at the append; never goes back within a log */
  readonly recordedAt: string;
}

/** An event as it stands in one local log. `source` is set when it is a copy of another service's event. */
export interface RecordedEvent extends PublishedEvent {
  /** 1, 2, 3… over the whole local log, own and observed events together: the order of commits */
  readonly position: number;
  readonly source?: string;
}
