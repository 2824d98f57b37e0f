import { type CaseParties, Policies, type TransferParties } from '@ihala/access';
import type { Call } from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';

/** What is open on a case. */
interface OpenWork {
  readonly offered: boolean;
  /** left out: not looked up, as in lists, which would have to read each case's history for it */
  readonly referred?: boolean;
}

/** What a caller may do now to a case or a transfer, by the names of the routes. */
@Injectable()
export class AllowedActions {
  constructor(private readonly policies: Policies) {}

  /** @param open what is open on it; undefined: it is closed itself */
  onCase({ caller }: Call, parties: CaseParties, open: OpenWork | undefined): readonly string[] {
    if (!this.policies.permits(caller, 'work-case', parties)) return [];
    const always = ['corrections', 'notes'];
    if (!open) return [...always, 'reopening'];
    const { offered, referred } = open;
    const free = [...(referred || offered ? [] : ['closure']), ...(offered ? [] : ['transfers'])];
    return [...always, 'assignment', 'consents', ...free];
  }

  onTransfer({ caller }: Call, parties: TransferParties, status: string): readonly string[] {
    if (status !== 'proposed') return [];
    const may = (action: 'answer-transfer' | 'withdraw-transfer') => this.policies.permits(caller, action, parties);
    return [
      ...(may('answer-transfer') ? ['acceptance', 'refusal'] : []),
      ...(may('withdraw-transfer') ? ['withdrawal'] : []),
    ];
  }
}
