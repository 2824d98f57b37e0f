import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mongodb } from '@ihala/test-servers';
import type { Contest, Lanes } from './contest.js';
import type { Row } from './life.js';
import { KafkaPair } from './kafka-lanes.js';
import { fillFolder } from './log-files.js';
import { LogPair } from './log-lanes.js';
import { MongoPair } from './mongo-lanes.js';
import { Peer } from './peer.js';
import { RestPair } from './rest-lanes.js';
import { SealPair } from './seal-lanes.js';

/** Contests over one kind of data; it is opened once a size, and all sizes stay open while they race. */
export interface Stage {
  readonly contests: readonly Contest[];
  open(place: Place): Promise<Opened>;
}

export interface Opened {
  lanes(contest: string): Lanes;
  close(): Promise<void>;
}

interface Staging<Pair> {
  open(place: Place): Pair | Promise<Pair>;
  readonly contests: readonly (Contest & { lanes(pair: Pair): Lanes })[];
}

export function stage<Pair extends { close(): Promise<void> }>({ open, contests }: Staging<Pair>): Stage {
  return {
    contests: contests.map(({ lanes: _lanes, ...contest }) => contest),
    async open(place) {
      const pair = await open(place);
      return {
        lanes: (name) => contests.find((contest) => contest.name === name)!.lanes(pair),
        close: () => pair.close(),
      };
    },
  };
}

/** Where the data of one size lies: for the embedded engine a folder with the filled data files of every service. */
export interface Place {
  readonly folder: string;
  readonly events: number;
  readonly told: readonly Row[];
  /** where the peer is installed, if it is asked for */
  readonly peer?: string;
}

const durable = 'the same rows, in one durable transaction';
const bareHandler = 'a bare Fastify handler: the same token, one policy decision, ';
const command = { unit: 'requests', floor: `${bareHandler}one seal, one durable insert`, target: 0.6 };
const page = { unit: 'requests', floor: `${bareHandler}as many rows read and parsed` };

const logs = stage<LogPair>({
  async open({ folder, told, peer }) {
    const theirs = peer && (await Peer.open(peer, join(folder, 'peer.sqlite'), told));
    return new LogPair(copyOf(folder, 'ours'), copyOf(folder, 'bare'), told, theirs || undefined);
  },
  contests: [
    {
      name: 'append-1',
      ...{ unit: 'appends', floor: `raw insert: ${durable} each`, target: 0.8, peerTarget: 3 },
      lanes: (pair) => pair.appending.by(1),
    },
    {
      name: 'append-32',
      ...{ unit: 'appends', floor: `raw group commit: ${durable} of 32`, target: 0.6 },
      lanes: (pair) => pair.appending.by(32),
    },
    {
      name: 'load-decide-append',
      ...{
        unit: 'decisions',
        floor: `raw read of the stream, unparsed, and insert: ${durable}`,
        target: 0.5,
        peerTarget: 3,
      },
      lanes: (pair) => pair.appending.loadDecideAppend(),
    },
    {
      name: 'rebuild',
      ...{
        unit: 'events',
        floor: 'raw scan of the log, JSON parsed',
        target: 0.4,
        enough: 100_000,
        rounds: 3,
        peerTarget: 10,
      },
      lanes: (pair) => pair.rebuild(),
    },
  ],
});

const seals = stage<SealPair>({
  open: ({ folder, events }) => new SealPair(join(folder, 'sealing.sqlite'), events),
  contests: [
    { name: 'seal', unit: 'parts', floor: 'bare AES-256-GCM, key at hand', lanes: (pair) => pair.seal() },
    { name: 'unseal', unit: 'parts', floor: 'bare AES-256-GCM, key at hand', lanes: (pair) => pair.unseal() },
  ],
});

const rest = stage<RestPair>({
  open: ({ folder }) => RestPair.start(folder, bareFolder(folder)),
  contests: [
    { name: 'rest-send', ...command, lanes: (pair) => pair.send() },
    { name: 'rest-acknowledge', ...command, lanes: (pair) => pair.move('acknowledgement') },
    { name: 'rest-accept', ...command, lanes: (pair) => pair.move('acknowledgement', 'acceptance') },
    { name: 'rest-list', ...page, lanes: (pair) => pair.list() },
    { name: 'rest-timeline', ...page, lanes: (pair) => pair.timeline() },
  ],
});

const transaction = 'the same documents by the bare driver, in the same transaction';

const documents = stage<MongoPair>({
  open: async ({ told, events }) => MongoPair.make(await mongodb(), told, events),
  contests: [
    {
      name: 'append-1',
      ...{ unit: 'appends', floor: `${transaction} each`, target: 0.8 },
      lanes: (pair) => pair.appending.by(1),
    },
    {
      name: 'append-100',
      ...{ unit: 'appends', floor: `${transaction} of 100`, target: 0.8, least: 10_000 },
      lanes: (pair) => pair.appending.by(100),
    },
    {
      name: 'load-decide-append',
      ...{ unit: 'decisions', floor: `read of the stream, unparsed, and ${transaction}`, target: 0.5 },
      lanes: (pair) => pair.appending.loadDecideAppend(),
    },
  ],
});

const carrier = stage<KafkaPair>({
  open: ({ folder }) => KafkaPair.open(folder),
  contests: [
    {
      name: 'relay',
      ...{ unit: 'events', floor: 'raw kafkajs producer: the same messages at hand, as many a send', target: 0.7 },
      lanes: (pair) => pair.relay(),
    },
    {
      name: 'observe',
      ...{ unit: 'events', floor: 'raw kafkajs consumer: the same rows, parsed, in as many durable transactions' },
      lanes: (pair) => pair.observe(),
    },
  ],
});

/** What is measured of an engine. */
export interface Bench {
  readonly stages: readonly Stage[];
  /** how many events its logs hold, unless it is said */
  readonly sizes: string;
  /** what all its stages need of a size, once */
  prepare(place: Place): void;
}

const filled = ({ folder, told, events }: Place): void => fillFolder(folder, told, events);

export const engines: Readonly<Record<'embedded' | 'distributed', Bench>> = {
  embedded: {
    // in this order: the product at work changes the files that the others are copied from
    stages: [logs, seals, rest],
    sizes: '1000,100000,1000000',
    prepare: filled,
  },
  distributed: { stages: [documents, carrier], sizes: '1000,100000', prepare: filled },
};

function copyOf(folder: string, name: string): string {
  const path = join(folder, `${name}.sqlite`);
  copyFileSync(join(folder, 'health.sqlite'), path);
  return path;
}

function bareFolder(folder: string): string {
  const bare = join(folder, 'bare');
  mkdirSync(bare);
  copyFileSync(join(folder, 'health.sqlite'), join(bare, 'health.sqlite'));
  return bare;
}
