import { type CaseFile, inheritedClasses } from '@ihala/case-file';
import { type ClassContents, recordedClasses } from '@ihala/contracts';
import type { RecordedEvent } from '@ihala/event-log';
import { type Call, type CaseRecord, type EventReader, hours, later, personIn, recordedOver } from '@ihala/service-kit';
import { type Birth, isMinor } from '../domain/age.js';
import type { ConsentBody } from './bodies.js';

/** The classes that needs are recorded under. */
const needClasses = ['protection', 'violence'] as const;

/** Which of an event's needs an agency stated itself. */
export const needsStatedBy = (agency: string) => (event: RecordedEvent) =>
  event.actor.agency === agency ? needClasses : [];

/**
 * A custodian that was not given a class says nothing about it by leaving its codes out: its list of needs must not
 * undo what it cannot see, but may undo what it stated itself.
 */
export function withoutBlindRemovals(
  correction: Required<ClassContents>,
  file: CaseFile,
  { stated, now }: { readonly stated: ClassContents; readonly now: string },
): Required<ClassContents> {
  if (!file.transfers.some(({ status }) => status === 'accepted')) return correction;
  const inherited = inheritedClasses(file, now);
  const kept = (name: (typeof needClasses)[number]) => {
    const speaks = [correction, stated].some((contents) => (contents[name]?.vulnerabilities ?? []).length > 0);
    return speaks || inherited.includes(name) ? correction[name] : {};
  };
  return { ...correction, protection: kept('protection'), violence: kept('violence') } as Required<ClassContents>;
}

/** Help given without the person's word ends after 72 hours, unless their own word is recorded before. */
export function withEnd(body: ConsentBody, now: string): ConsentBody & { readonly expiresAtIfConfirmed?: string } {
  if (body.basis !== 'vital-interests') return body;
  const end = later(now, hours(72));
  const { expiresAt } = body;
  if (expiresAt === undefined) return { ...body, expiresAt: end };
  return { ...body, expiresAt: expiresAt < end ? expiresAt : end, expiresAtIfConfirmed: expiresAt };
}

/** Today, from the birth data where it can still be read; else what was last recorded. */
export async function isMinorNow(
  reader: EventReader,
  { file, events }: CaseRecord,
  call: Call,
  correction: ClassContents = {},
): Promise<boolean> {
  const known = await personIn(events, reader, () => recordedClasses);
  const birth = recordedOver(known.identity, correction.identity) as Birth;
  const stated = birth.dateOfBirth ?? birth.birthYear ?? birth.ageEstimate;
  return stated === undefined ? file.minor : isMinor(birth, call.receivedAt.slice(0, 10));
}
