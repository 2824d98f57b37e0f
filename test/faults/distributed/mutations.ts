import type { Mutation } from '../mutations.js';
import type { trials } from './trials.js';

/** Faults of the distributed engine, put in on purpose. */
export const mutations: Readonly<Record<string, Mutation<keyof typeof trials>>> = {
  'relay-marks-first': {
    effect: 'the relay moves its checkpoint before it sends',
    path: 'libs/carrier-kafka/src/relay.ts',
    replace: [
      [
        `    await this.#deliver([...messages, ...head]);
    this.#tell(events, since);
    await this.#mark(from, next);`,
        `    await this.#mark(from, next);
    await this.#deliver([...messages, ...head]);
    this.#tell(events, since);`,
      ],
    ],
    caughtBy: 'relay',
    finds: ['topic-gap', 'marked-unsent'],
  },
  'counter-outside': {
    effect: 'numbers are given out in a commit of their own, before that of the events',
    path: 'libs/event-log-mongo/src/counter.ts',
    replace: [['await this.#change(change, session);', 'await this.#change(change);']],
    caughtBy: 'commit',
    finds: ['position-gap', 'sequence-gap'],
  },
  'observer-commits-first': {
    effect: 'the broker is told that events are copied before they are',
    path: 'libs/carrier-kafka/src/kafka-observer.ts',
    replace: [
      [
        '        await this.#copy(messages);\n',
        '        await this.#commit(payload, messages.at(-1)!.offset);\n        await this.#copy(messages);\n',
      ],
      [
        '      await heartbeat();\n      await this.#commit(payload, messages.at(-1)!.offset);\n',
        '      await heartbeat();\n',
      ],
    ],
    caughtBy: 'observer',
    finds: ['resend-asked'],
  },
  'view-not-compared': {
    effect: 'a view is moved on from wherever it is by now',
    path: 'libs/event-log-mongo/src/mongo-view-store.ts',
    replace: [['const at = { _id: built, checkpoint: from };', 'const at = { _id: built };']],
    caughtBy: 'view',
    finds: ['view-differs'],
  },
  'lease-by-own-clock': {
    effect: 'each process takes its own clock for when a lease ends',
    path: 'libs/event-log-mongo/src/lease.ts',
    replace: [
      [
        "const over = { $lte: [{ $ifNull: ['$expiresAt', '$$NOW'] }, '$$NOW'] };",
        "const now = new Date();\n    const over = { $lte: [{ $ifNull: ['$expiresAt', now] }, now] };",
      ],
      ["const end = { $add: ['$$NOW', this.#leaseMs] };", 'const end = new Date(now.getTime() + this.#leaseMs);'],
    ],
    caughtBy: 'clock',
    finds: ['lease'],
  },
};
