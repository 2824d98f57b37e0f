import type { EventLog, NewEvent } from '@ihala/event-log';
import { decide, evolve, initialState, type ReferralEvent, type ReferralState } from '@ihala/referral';
import { type Lane, type Lanes, until } from './contest.js';
import type { Row } from './life.js';
import { multiplied } from './multiplied.js';
import type { Peer } from './peer.js';

/** More than a lane gets through in one round. */
const SUPPLY = 2500;

/** An append as a caller has it at hand, before anything is written. */
export interface Sending {
  readonly stream: string;
  readonly event: NewEvent;
  readonly command: { readonly id: string; readonly fingerprint: string };
}

/** The least that the same rows could cost: the driver, and nothing else. */
export interface BareLog {
  /** in one durable transaction */
  insert(sendings: readonly Sending[]): Promise<void> | void;
  /** whole, unparsed */
  read(stream: string): unknown;
}

/** Appends to one health log, beside the bare one that holds the same. */
export class Appending {
  /** @param histories streams of some 20 events */
  constructor(
    private readonly log: EventLog,
    private readonly bare: BareLog,
    private readonly data: { readonly told: readonly Row[]; readonly histories: readonly string[] },
    private readonly peer?: Peer,
  ) {}

  /** By so many callers at once; a peer takes one. */
  by(callers: number): Lanes {
    return this.#lanes(callers, {
      ours: async (supply) => {
        await Promise.all(Array.from({ length: callers }, () => send(this.log, supply())));
      },
      floor: (supply) => this.bare.insert(Array.from({ length: callers }, supply)),
      ...(callers === 1 && {
        peer: async (peer, supply) => {
          const { stream, event } = supply();
          await peer.append(stream, event);
        },
      }),
    });
  }

  /** Reads a history of some 20 events, decides on it, and appends what follows, which rests on it. */
  loadDecideAppend(): Lanes {
    const any = (streams: readonly string[]) => streams[Math.floor(Math.random() * streams.length)]!;
    const { histories } = this.data;
    return this.#lanes(1, {
      ours: (supply) => followUp(this.log, any(histories), supply()),
      floor: async (supply) => {
        await this.bare.read(any(histories));
        await this.bare.insert([supply()]);
      },
      peer: async (peer, supply) => {
        const { stream, event } = supply();
        const state = foldedFrom(await peer.load(any(peer.histories)));
        await peer.append(stream, { ...event, data: sendingOn(event, state) });
      },
    });
  }

  /** What is appended is made before the clock runs, for all lanes alike. */
  #lanes(callers: number, { ours, floor, peer: theirs }: Pieces): Lanes {
    const { peer } = this;
    let stock: Sending[] = [];
    const supply = () => stock.pop()!;
    const lane = (piece: (supply: () => Sending) => Promise<void> | void): Lane => ({
      prepare: async () => {
        stock = sendings(this.data.told, SUPPLY);
      },
      run: (ms) =>
        until(ms, async () => {
          if (stock.length < callers) return 0;
          await piece(supply);
          return callers;
        }),
    });
    return {
      ours: lane(ours),
      floor: lane(floor),
      ...(peer && theirs && { peer: lane((supply) => theirs(peer, supply)) }),
    };
  }
}

/** One piece of work of each lane. */
interface Pieces {
  ours(supply: () => Sending): Promise<void>;
  floor(supply: () => Sending): Promise<void> | void;
  peer?(peer: Peer, supply: () => Sending): Promise<void>;
}

const send = (log: EventLog, { stream, event, command }: Sending) =>
  log.append({ writes: [{ stream, expectedVersion: 0, events: [event] }], command });

async function followUp(log: EventLog, stream: string, { stream: next, event, command }: Sending): Promise<void> {
  const history = await Array.fromAsync(log.readStream(stream));
  const state = foldedFrom(history);
  await log.append({
    writes: [{ stream: next, expectedVersion: 0, events: [{ ...event, data: sendingOn(event, state) }] }],
    guards: [{ stream, version: state.version }],
    command,
  });
}

function foldedFrom(history: readonly { readonly type: string; readonly data: object }[]) {
  const state = history.reduce<ReferralState>((at, of) => evolve(at, of as unknown as ReferralEvent), initialState);
  if (state.status === 'none') throw new Error('there is no such referral');
  return state;
}

function sendingOn(event: NewEvent, { referralId }: { readonly referralId: string }): NewEvent['data'] {
  const sent = { ...(event.data as object), follows: referralId } as never;
  const [decided] = decide({ action: 'send', sent, personal: {} as never }, initialState) as ReferralEvent[];
  return decided!.data as never;
}

/** Sent referrals, sealed words included, each a stream of its own. */
function sendings(told: readonly Row[], count: number): Sending[] {
  const sent = told.filter(({ stream, version }) => stream.startsWith('health/') && version === 1);
  return Array.from(multiplied(sent, count, 1000), ({ stream, body, command }) => ({
    stream,
    event: JSON.parse(body) as NewEvent,
    command: command!,
  }));
}

/** How many events the referral has that was told. */
export const lengthOf = (told: readonly Row[]): number =>
  Math.max(...told.filter(({ stream }) => stream.startsWith('health/')).map(({ version }) => version));
