import type { EventLog } from '@ihala/event-log';
import { newId } from '@ihala/service-kit';

/** A withdrawal as a newer `cases` might publish it: no sector of this version can read it. */
export async function withdrawnUnreadably(cases: EventLog, caseId: string): Promise<void> {
  const stream = `cases/case-${caseId}`;
  const data = { consentId: newId(), cause: 'asked', at: new Date().toISOString() };
  const id = newId();
  const actor = { agency: 'entraide-nationale', subject: 'f.alaoui', role: 'caseworker' };
  const event = { id, type: 'ConsentWithdrawn', schemaVersion: 9, occurredAt: data.at, caseId, actor, data };
  const expectedVersion = (await Array.fromAsync(cases.readStream(stream))).length;
  const causes = { correlationId: id, causationId: id };
  await cases.append({ writes: [{ stream, expectedVersion, events: [{ ...event, ...causes, sealed: [] }] }] });
}
