import {
  type CaseEvent,
  type CaseFile,
  caseStream,
  evolveCase,
  inheritedClasses,
  noCase,
  type CaseState,
} from '@ihala/case-file';
import { type ClassContents, dataClasses } from '@ihala/contracts';
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
export async function loadCase(
  log: Pick<EventLog, 'readStream'>,
  caseId: string,
  to?: number,
): Promise<CaseRecord | undefined> {
  if (!isUuid(caseId)) return undefined;
  return foldCase(
    await Array.fromAsync(log.readStream(caseStream(caseId.toLowerCase()), to === undefined ? {} : { to })),
  );
}

/**
 * What an agency may know of one event's classes: everything that it recorded itself, and as custodian of what others
 * recorded the classes that its custody consent names, while that stands.
 */
export function knownClasses(agency: string, file: CaseFile, now: string): (event: RecordedEvent) => readonly string[] {
  const inherited = file.custody.agency === agency ? inheritedClasses(file, now) : [];
  return (event) => (event.actor.agency === agency ? dataClasses : inherited);
}

const birthFields = ['dateOfBirth', 'birthYear', 'ageEstimate'];

/** A later record over an earlier one. A birth date takes the place of an estimate, and the other way round. */
export function recordedOver(earlier: object = {}, later: object = {}): object {
  const restated = birthFields.some((field) => field in later);
  const kept = Object.entries(earlier).filter(([field]) => !restated || !birthFields.includes(field));
  return { ...Object.fromEntries(kept), ...later };
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
    for (const [name, content] of Object.entries(parts)) merged[name] = recordedOver(merged[name], content);
  }
  return merged as ClassContents;
}
