import type { RecordedEvent, View, ViewWriter } from '@ihala/event-log';

type ClosedCase = { readonly closed: true };

/** The cases that are closed, by their ids. */
export const closedCasesView: View<ClosedCase> = {
  name: 'closed-cases',
  version: 1,
  handles: ['CaseClosed', 'CaseReopened'],
  indexes: [],
  fold({ type, caseId }: RecordedEvent, docs: ViewWriter<ClosedCase>): void {
    if (type === 'CaseClosed') docs.put(caseId!, { closed: true });
    else docs.delete(caseId!);
  },
};
