import { createHash } from 'node:crypto';

/** Something a reaction or a timer could not carry out; it and what follows it for the same target wait for an operator. */
export interface ParkedErrand {
  /** derived from reaction, occasion and target, so that parking twice is parking once */
  readonly id: string;
  /** of the reaction or timer */
  readonly reaction: string;
  /** the event's id, or a timer's document and instant */
  readonly occasion: string;
  /** the event's type, or `due` */
  readonly occasionType: string;
  /** the event's position in the log; absent for timers */
  readonly position?: number;
  readonly caseId?: string;
  /** the stream it was to change */
  readonly target: string;
  /** why: a refusal's code, `event.unreadable`, `errand.failed`, or `errand.waits` behind another one for the same target */
  readonly code: string;
  readonly attempts: number;
  /** RFC 3339, UTC, milliseconds */
  readonly parkedAt: string;
  readonly triedAt: string;
}

/** The id under which an errand is parked. */
export const parkedId = (reaction: string, occasion: string, target: string): string =>
  createHash('sha256')
    .update(JSON.stringify([reaction, occasion, target]))
    .digest('base64url')
    .slice(0, 22);

/** Where a service's reactions keep how far they are, and what they could not carry out; one a service. */
export abstract class ReactionStore {
  /** The position reacted to last; 0: none. */
  abstract checkpoint(reaction: string): Promise<number>;
  /** @throws CheckpointMoved when someone else moved it */
  abstract moveCheckpoint(reaction: string, from: number, to: number): Promise<void>;

  /** Adds an errand, or replaces the one with its id; its place in the order stays. On disk before any later checkpoint is. */
  abstract park(errand: ParkedErrand): Promise<void>;
  abstract unpark(id: string): Promise<void>;
  abstract find(id: string): Promise<ParkedErrand | undefined>;
  /** The one of this reaction and target that was parked first. */
  abstract firstFor(reaction: string, target: string): Promise<ParkedErrand | undefined>;
  /** Those parked last come first. @param before the place (see `ParkedPage`) where the page before ended */
  abstract list(limit: number, before?: number): Promise<ParkedPage>;
  abstract count(): Promise<number>;
}

export interface ParkedPage {
  readonly items: readonly ParkedErrand[];
  /** undefined: nothing follows */
  readonly end?: number;
}
