import type { DataFile, LoggedEvent } from './data-folder.js';
import type { Finding } from './finding.js';

/** What one file says by itself: whole, numbered without a hole, in the order of its commits. */
export function checkLog(file: DataFile): Finding[] {
  const own = file.events.filter((event) => event.source === undefined);
  return [
    ...file.damage.map((what) => ({ check: 'file-damaged', file: file.file, what })),
    ...counting(file, 'position-gap', file.events, 1, (event) => event.position),
    ...counting(file, 'sequence-gap', own, 0, (event) => event.sequence),
    ...Map.groupBy(file.events, (event) => event.stream)
      .values()
      .flatMap((events) => counting(file, 'version-gap', events, 1, (event) => event.version)),
    ...rising(file, own),
    ...columns(file),
    ...file.checkpoints
      .filter(({ checkpoint }) => checkpoint > (file.events.at(-1)?.position ?? 0))
      .map(({ name, checkpoint }) => ({
        check: 'checkpoint-ahead',
        file: file.file,
        what: `${name} is at ${checkpoint}`,
      })),
  ];
}

/** Numbers that count up by one from the first; only the first that does not is told. */
function counting(
  { file }: DataFile,
  check: string,
  events: readonly LoggedEvent[],
  from: number,
  numberOf: (event: LoggedEvent) => number,
): Finding[] {
  const index = events.findIndex((event, at) => numberOf(event) !== from + at);
  const event = events[index];
  if (!event) return [];
  const what = `${event.stream}: ${numberOf(event)} where ${from + index} is due`;
  return [{ check, file, position: event.position, what }];
}

function rising({ file }: DataFile, own: readonly LoggedEvent[]): Finding[] {
  return own
    .filter((event, index) => index > 0 && event.recordedAt < own[index - 1]!.recordedAt)
    .map(({ position, recordedAt }) => ({ check: 'time-went-back', file, position, what: recordedAt }));
}

/** What a row says twice, it says alike; and an event is there once. */
function columns({ file, service, events }: DataFile): Finding[] {
  const seen = new Set<string>();
  return events.flatMap(({ position, id, caseId, stream, source, envelope }) => {
    const twice = seen.has(id);
    seen.add(id);
    return [
      ...(twice ? [{ check: 'event-twice', file, position, what: id }] : []),
      ...(envelope['caseId'] === caseId ? [] : [{ check: 'case-differs', file, position, what: id }]),
      ...(stream.startsWith(`${source ?? service}/`)
        ? []
        : [{ check: 'foreign-stream', file, position, what: stream }]),
    ];
  });
}
