import { createHash } from 'node:crypto';
import { parkedId, type ReactionStore } from '@ihala/event-log';
import type { CarriedMessage } from './cloud-event.js';
import type { Line } from './connection.js';

/** A message that could not be read, and where it stood. */
export interface UnreadableMessage {
  readonly message: CarriedMessage;
  readonly offset: string;
  /** why, as an `Unreadable` says it */
  readonly code: string;
}

/**
 * Where messages go that a receiver can't read: as they are, byte for byte, to a topic of their own, and as parked work to the list
 * that administrators see. The list names the message by its hash; nothing is quoted.
 */
export class UnreadableMessages {
  constructor(
    private readonly receiver: string,
    private readonly source: string,
    private readonly parked: ReactionStore,
    private readonly line: Pick<Line, 'names' | 'send'>,
  ) {}

  /** The same message is kept and parked once, however often it comes. */
  async keep({ message, offset, code }: UnreadableMessage): Promise<void> {
    const { key, value, headers } = message;
    const occasion = createHash('sha256')
      .update(value ?? '')
      .digest('hex');
    const id = parkedId('observe', occasion, this.source);
    if ((await this.parked.find(id)) !== undefined) return;
    const { names, send } = this.line;
    const origin = {
      ihala_topic: names.log(this.source),
      ihala_offset: offset,
      ihala_receiver: this.receiver,
      ihala_code: code,
    };
    await send(names.unreadable, { key, value, headers: { ...headers, ...origin } });
    const now = new Date().toISOString();
    await this.parked.park({
      id,
      reaction: 'observe',
      occasion,
      occasionType: 'unreadable',
      target: this.source,
      code: 'event.unreadable',
      attempts: 1,
      parkedAt: now,
      triedAt: now,
    });
  }
}
