/** A fault put into the product on purpose: this suite must see it. */
export interface Mutation<Run extends string = 'kill' | 'points' | 'cut'> {
  /** what it does wrong */
  readonly effect: string;
  /** of the source that is changed */
  readonly path: string;
  /** every text stands there exactly once */
  readonly replace: readonly (readonly [text: string, by: string])[];
  /** which run is to catch it */
  readonly caughtBy: Run;
  /** the checks that may say so; any other finding is not enough */
  readonly finds: readonly string[];
}

const engine = 'libs/event-log-sqlite/src';
const attempts = 'group.length === 1 ? [{ result: group[0]!.work() }] : group.map((item) => this.#attempt(item))';

export const mutations: Readonly<Record<string, Mutation>> = {
  'acknowledge-before-commit': {
    effect: 'a command is answered, and committed a moment later',
    path: `${engine}/group-commit.ts`,
    replace: [
      [
        `outcomes = this.inTransaction(this.db, () =>
        // alone it needs no savepoint: if it fails, the whole transaction is taken back
        ${attempts},
      );`,
        'outcomes = this.#early(group);',
      ],
      [
        '  #attempt(item: Item): Outcome {',
        `  #early(group: readonly Item[]): readonly Outcome[] {
    if (!this.db.isTransaction) {
      this.db.exec('BEGIN IMMEDIATE');
      setTimeout(() => this.db.isTransaction && this.db.exec('COMMIT'), 40);
    }
    return group.map((item) => this.#attempt(item));
  }

  #attempt(item: Item): Outcome {`,
      ],
    ],
    caughtBy: 'kill',
    finds: ['acknowledged-missing', 'done-twice'],
  },
  'answer-though-commit-fails': {
    effect: 'a command is answered before it is known whether the commit succeeds',
    path: `${engine}/group-commit.ts`,
    replace: [
      [
        attempts,
        `group.map((item) => {
          const early = this.#attempt(item);
          if ('result' in early) item.resolve(early.result);
          return early;
        })`,
      ],
    ],
    caughtBy: 'points',
    finds: ['acknowledged-missing'],
  },
  'counters-not-restored': {
    effect: 'numbers are given out that a failed commit took back',
    path: `${engine}/group-commit.ts`,
    replace: [
      [
        '      restore();\n      for (const item of group) item.reject(error);',
        '      for (const item of group) item.reject(error);',
      ],
    ],
    caughtBy: 'points',
    finds: ['position-gap', 'sequence-gap', 'copy-missing'],
  },
  'command-row-not-written': {
    effect: 'a command sent again is done again',
    path: `${engine}/sqlite-event-log.ts`,
    replace: [
      ['    if (command) this.#insertCommand.run(command.id, command.fingerprint, JSON.stringify(versions));\n', ''],
    ],
    caughtBy: 'kill',
    finds: ['done-twice', 'command-row-missing'],
  },
  'command-row-later': {
    effect: 'a command is remembered in a commit of its own, after that of its events',
    path: `${engine}/sqlite-event-log.ts`,
    replace: [
      [
        '    if (command) this.#insertCommand.run(command.id, command.fingerprint, JSON.stringify(versions));\n',
        `    if (command) {
      const row = [command.id, command.fingerprint, JSON.stringify(versions)] as const;
      setImmediate(() => this.#insertCommand.run(...row));
    }\n`,
      ],
    ],
    caughtBy: 'cut',
    finds: ['command-row-missing'],
  },
  'observer-skips': {
    effect: 'now and then an event of another service is not copied',
    path: `${engine}/observe.ts`,
    replace: [
      [
        '      const weighed = weigh(offer, before, this.#copiesOf(source));',
        `      const all = weigh(offer, before, this.#copiesOf(source));
      const weighed = { ...all, fresh: all.fresh.filter(({ sequence }) => sequence % 97 !== 96) };`,
      ],
    ],
    caughtBy: 'kill',
    finds: ['copy-missing', 'source-forked'],
  },
  'checkpoint-before-documents': {
    effect: 'the checkpoint moves in a commit of its own, before the documents',
    path: `${engine}/sqlite-view-store.ts`,
    replace: [
      [
        `      this.#write(built, changes);
      this.#prepare('UPDATE views SET checkpoint = ? WHERE documents = ?').run(reached, built);
    });`,
        `      this.#prepare('UPDATE views SET checkpoint = ? WHERE documents = ?').run(reached, built);
    });
    await this.commits.run(() => this.#write(built, changes));`,
      ],
    ],
    caughtBy: 'points',
    finds: ['view-differs', 'behind'],
  },
  'key-after-event': {
    effect: 'a key is kept a moment after it was handed out',
    path: 'libs/privacy/src/sqlite-keyring.ts',
    replace: [
      [
        `    return this.#transaction(() => {
      for (const key of fresh) this.#insert.run({ id: key.id, person, class: key.class, wrapped: key.wrapped! });
      return this.#ofPerson.all(person).map(stored);
    });`,
        `    setTimeout(() => this.#transaction(() => {
      for (const key of fresh) this.#insert.run({ id: key.id, person, class: key.class, wrapped: key.wrapped! });
    }), 30);
    return [...(await this.rowsOf(person)), ...fresh];`,
      ],
    ],
    caughtBy: 'kill',
    finds: ['key-missing'],
  },
  'react-without-command-id': {
    effect: 'what follows of itself is written without the id by which a repeat is known',
    path: 'libs/service-kit/src/commands.ts',
    replace: [
      [
        'if (await this.append(cause, command, plan)) return;',
        'if (await this.append(cause, undefined, plan)) return;',
      ],
    ],
    caughtBy: 'kill',
    finds: ['reaction-row-missing', 'reacted-twice'],
  },
  'reaction-forgets': {
    effect: 'a reaction passes over an event now and then',
    path: 'libs/event-log/src/reaction.ts',
    replace: [
      [
        'if (!reactsTo.includes(event.type)) continue;',
        'if (!reactsTo.includes(event.type) || event.position % 3 === 0) continue;',
      ],
    ],
    caughtBy: 'kill',
    finds: ['not-suspended', 'closed-over'],
  },
};
