import { occasionOf, type RecordedEvent } from '@ihala/event-log';
import type { DataFileReader } from '@ihala/event-log-sqlite';
import { foldReferral, loadCase, referralFacts, referralStream } from '@ihala/service-kit';
import { findSectors, servicesFolder } from '../sectors.js';
import { blueprintsOf } from '../deployables.js';

export interface Asked {
  readonly id: string;
  readonly prefix: string;
  readonly limit: number;
  /** instant of the log; undefined: now */
  readonly until: string | undefined;
  readonly now: string;
}

/** What is shown: rows of a list, or one thing with the events it was folded from. */
export type Seen = readonly object[] | { readonly facts: object; readonly events: readonly object[] };

interface Inspection {
  /** takes an id */
  readonly named?: boolean;
  look(readers: readonly DataFileReader[], asked: Asked): Promise<Seen>;
}

/** All that can be looked at, by name. Facts are folds of clear fields alone. */
export const inspections: Readonly<Record<string, Inspection>> = {
  streams: { look: async (readers, asked) => streams(readers, asked) },
  sources: { look: async (readers) => sources(readers) },
  views: { look: async (readers) => views(readers) },
  reactions: { look: async (readers) => reactions(readers) },
  timers: { look: timers },
  parked: { look: async (readers, asked) => parked(readers, asked) },
  case: { named: true, look: caseAsOf },
  referral: { named: true, look: referralAsOf },
};

/** @returns each stream where it was written, not its copies */
function streams(readers: readonly DataFileReader[], { prefix, limit }: Asked): readonly object[] {
  const found = readers.flatMap((reader) => {
    const own = `${reader.service}/`;
    const wanted = prefix.startsWith(own) ? prefix : own.startsWith(prefix) ? own : undefined;
    return wanted === undefined ? [] : reader.streams(wanted, limit);
  });
  return found.slice(0, limit);
}

function sources(readers: readonly DataFileReader[]): readonly object[] {
  const ends = new Map(readers.map((reader) => [reader.service, reader.state().sequence]));
  return readers.flatMap((reader) =>
    reader.sources().map(({ source, sequence, ...rest }) => {
      const end = ends.get(source);
      return {
        service: reader.service,
        source,
        heard: sequence + 1,
        ...(end !== undefined && { behind: Math.max(0, end - sequence) }),
        ...rest,
      };
    }),
  );
}

function views(readers: readonly DataFileReader[]): readonly object[] {
  return readers.flatMap((reader) => reader.views().map((view) => followed(reader, view)));
}

function reactions(readers: readonly DataFileReader[]): readonly object[] {
  return readers.flatMap((reader) => {
    const parked = Map.groupBy(reader.parked(all), ({ reaction }) => reaction);
    return reader.reactions().map((reaction) => ({
      ...followed(reader, reaction),
      parked: parked.get(reaction.reaction)?.length ?? 0,
    }));
  });
}

const followed = (reader: DataFileReader, subscription: { readonly checkpoint: number }): object => ({
  service: reader.service,
  ...subscription,
  behind: Math.max(0, reader.state().position - subscription.checkpoint),
});

/** What each timer waits for next, and since when it should have been done; what is parked waits for an operator. */
async function timers(readers: readonly DataFileReader[], { now }: Asked): Promise<readonly object[]> {
  const rows: object[] = [];
  const blueprints = blueprintsOf(await findSectors([servicesFolder]));
  for (const reader of readers) {
    const parked = reader.parked(all);
    for (const { name: timer, due } of blueprints.find(({ name }) => name === reader.service)?.timers ?? []) {
      const left = new Set(parked.flatMap(({ reaction, occasion }) => (reaction === timer ? occasion : [])));
      const watched = await reader.due(due, left.size + 1);
      const next = watched.find(({ id, doc }) => !left.has(occasionOf(id, doc)))?.doc.dueAt;
      const lateSeconds = next === undefined ? 0 : Math.max(0, Date.parse(now) - Date.parse(next)) / 1000;
      rows.push({ service: reader.service, timer, ...(next && { next }), lateSeconds, parked: left.size });
    }
  }
  return rows;
}

/** @returns of each service, in the order in which it was parked */
function parked(readers: readonly DataFileReader[], { limit }: Asked): readonly object[] {
  return readers.flatMap((reader) =>
    reader.parked(limit).map(({ parkedAt, code, reaction, occasionType: occasion, target, attempts, id }) => {
      return { service: reader.service, parkedAt, code, reaction, occasion, target, attempts, id };
    }),
  );
}

const all = Number.MAX_SAFE_INTEGER;

async function caseAsOf(readers: readonly DataFileReader[], { id, until }: Asked): Promise<Seen> {
  const cases = readers.find(({ service }) => service === 'cases');
  const record = cases && (await loadCase({ readStream: (stream) => recordedBy(cases, stream, until) }, id));
  if (!record) throw new Error(`no case ${id}${until ? ` at ${until}` : ''}`);
  return { facts: record.file, events: record.events.map(row) };
}

async function referralAsOf(readers: readonly DataFileReader[], { id, until }: Asked): Promise<Seen> {
  for (const reader of readers) {
    const stream = referralStream(reader.service, id.toLowerCase());
    const events = await Array.fromAsync(recordedBy(reader, stream, until));
    if (events.length > 0) return { facts: referralFacts(foldReferral(events)), events: events.map(row) };
  }
  throw new Error(`no referral ${id}${until ? ` at ${until}` : ''}`);
}

async function* recordedBy(reader: DataFileReader, stream: string, until = '9'): AsyncGenerator<RecordedEvent> {
  for await (const event of reader.readStream(stream)) if (event.recordedAt <= until) yield event;
}

const row = ({ version, recordedAt, type, actor }: RecordedEvent): object => ({
  version,
  recordedAt,
  type,
  by: [actor.unit ?? actor.agency, actor.role].join(' '),
});
