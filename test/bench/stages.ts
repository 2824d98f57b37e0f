import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Contest, Lanes } from './contest.js';
import type { Row } from './life.js';
import { LogPair } from './log-lanes.js';
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

/** Where the data of one size lies: a folder with the filled data files of every service. */
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
      lanes: (pair) => pair.sequential(),
    },
    {
      name: 'append-32',
      ...{ unit: 'appends', floor: `raw group commit: ${durable} of 32`, target: 0.6 },
      lanes: (pair) => pair.concurrent(),
    },
    {
      name: 'load-decide-append',
      ...{
        unit: 'decisions',
        floor: `raw read of the stream, unparsed, and insert: ${durable}`,
        target: 0.5,
        peerTarget: 3,
      },
      lanes: (pair) => pair.loadDecideAppend(),
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

/** In this order: the product at work changes the files that the others are copied from. */
export const stages: readonly Stage[] = [logs, seals, rest];

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
