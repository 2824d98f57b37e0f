/** One way of doing a piece of work: our own, or the least that it could cost. */
export interface Lane {
  /** What a round needs and is not measured. */
  prepare?(): Promise<void>;
  /** Works for about `ms` milliseconds, or one whole piece if that takes longer. @returns how many operations were done */
  run(ms: number): Promise<number>;
}

/** Our own way beside its floor, over one log. Peers stand beside it too, if asked for. */
export interface Lanes {
  readonly ours: Lane;
  readonly floor: Lane;
  readonly peer?: Lane;
}

export interface Contest {
  readonly name: string;
  /** what is counted */
  readonly unit: string;
  /** what the floor does */
  readonly floor: string;
  /** least ratio to the floor that is good; undefined: no target */
  readonly target?: number;
  /** good as well at this rate, whatever the floor does */
  readonly enough?: number;
  /** bad below this rate, whatever the floor does */
  readonly least?: number;
  /** fewer than usual, where one piece takes seconds */
  readonly rounds?: number;
  /** least ratio to the peer that is good */
  readonly peerTarget?: number;
}

/** Operations a second, the median of all rounds; ratios are medians of the rounds' own ratios. */
export interface Result {
  readonly events: number;
  readonly ours: number;
  readonly floor: number;
  readonly ratio: number;
  /** ours here over ours at the smallest size */
  readonly growth: number;
  readonly peer?: number;
  readonly peerRatio?: number;
}

export interface Pace {
  readonly rounds: number;
  readonly ms: number;
}

type Round = Readonly<Record<'ours' | 'floor' | 'peer', number>>;

/** Runs all lanes of all sizes in turn, again and again: whatever else the machine does, it does to all of them. */
export async function race(
  lanes: ReadonlyMap<number, Lanes>,
  { rounds, ms }: Pace,
  progress: (text: string) => void,
): Promise<Result[]> {
  const timed = new Map<number, Round[]>([...lanes.keys()].map((events) => [events, []]));
  // round 0 warms up
  for (let round = 0; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    for (const [events, sides] of lanes) {
      const rates = await raceOnce(sides, ms, round % 2 === 1);
      if (round > 0) timed.get(events)!.push(rates);
    }
  }
  const first = [...timed.values()][0]!;
  return [...timed].map(([events, of]) => ({
    events,
    ours: median(of.map(({ ours }) => ours)),
    floor: median(of.map(({ floor }) => floor)),
    ratio: median(of.map(({ ours, floor }) => ours / floor)),
    growth: median(of.map(({ ours }, round) => ours / first[round]!.ours)),
    ...(lanes.get(events)!.peer && {
      peer: median(of.map(({ peer }) => peer)),
      peerRatio: median(of.map(({ ours, peer }) => ours / peer)),
    }),
  }));
}

async function raceOnce(sides: Lanes, ms: number, floorFirst: boolean): Promise<Round> {
  const rates = { ours: 0, floor: 0, peer: 0 };
  const order = (['ours', 'floor', 'peer'] as const).filter((side) => sides[side]);
  for (const side of floorFirst ? order.toReversed() : order) rates[side] = await rate(sides[side]!, ms);
  return rates;
}

async function rate(lane: Lane, ms: number): Promise<number> {
  await lane.prepare?.();
  const start = performance.now();
  const done = await lane.run(ms);
  return (done / (performance.now() - start)) * 1000;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/** Does one piece after another until the time is over, or nothing is left to do. */
export async function until(ms: number, piece: () => Promise<number> | number): Promise<number> {
  const end = performance.now() + ms;
  let done = 0;
  for (let of = await piece(); of > 0; of = performance.now() < end ? await piece() : 0) done += of;
  return done;
}
