import { type CaseEvent, type CaseFile, caseStream, evolveCase, noCase, type CaseState } from '@ihala/case-file';
import type { ClassContents } from '@ihala/contracts';
import { type EventLog, type RecordedEvent } from '@ihala/event-log';
import { isUuid } from './http/call.js';
import type { EventReader } from './events.js';

/** A case as one log knows it: its own in `cases`, a copy everywhere else. */
export interface CaseRecord {
  readonly file: CaseFile;
  readonly events: readonly RecordedEvent[];
}

export const caseEventOf = (event: RecordedEvent): CaseEvent =>
  ({ type: event.type, data: event.data }) as unknown as CaseEvent;

export function foldCase(events: readonly RecordedEvent[]): CaseRecord | undefined {
  const state = events.reduce<CaseState>((at, event) => evolveCase(at, caseEventOf(event)), noCase);
  return state.status === 'none' ? undefined : { file: state, events };
}

/** The case up to and including version `to`; undefined when there is none (yet). */
export async function loadCase(log: EventLog, caseId: string, to?: number): Promise<CaseRecord | undefined> {
  if (!isUuid(caseId)) return undefined;
  return foldCase(
    await Array.fromAsync(log.readStream(caseStream(caseId.toLowerCase()), to === undefined ? {} : { to })),
  );
}

const recordsPerson = new Set(['CaseOpened', 'CaseCorrected']);

/**
 * What the case records of the person, class by class, later records over earlier ones; an event shows the classes
 * that `visible` names for it.
 */
export async function personIn(
  events: readonly RecordedEvent[],
  reader: EventReader,
  visible: (event: RecordedEvent) => readonly string[],
): Promise<ClassContents> {
  const records = events.filter((event) => recordsPerson.has(event.type));
  const merged: Record<string, object> = {};
  for (const parts of await reader.contents(records, visible)) {
    for (const [name, content] of Object.entries(parts)) merged[name] = { ...merged[name], ...content };
  }
  return merged as ClassContents;
}
