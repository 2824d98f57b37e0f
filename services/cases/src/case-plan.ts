import { type CaseEvent, type CaseFile, caseStream } from '@ihala/case-file';
import type { Plan } from '@ihala/service-kit';

/** What is decided on a case goes into its own stream, if nothing else did meanwhile. */
export const planFor = ({ caseId, version }: CaseFile, events: readonly CaseEvent[]): Plan => ({
  writes: [{ stream: caseStream(caseId), caseId, expectedVersion: version, events }],
});
