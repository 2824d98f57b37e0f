import { type CaseParties, Policies, type TransferParties } from '@ihala/access';
import type { Call } from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';

/** What a caller may do now to a case or a transfer, by the names of the routes; the same in lists and alone. */
@Injectable()
export class AllowedActions {
  constructor(private readonly policies: Policies) {}

  onCase({ caller }: Call, parties: CaseParties, is: { closed: boolean; offered: boolean }): readonly string[] {
    if (!this.policies.permits(caller, 'work-case', parties)) return [];
    const always = ['corrections', 'notes'];
    if (is.closed) return [...always, 'reopening'];
    return [...always, 'assignment', 'consents', ...(is.offered ? [] : ['closure', 'transfers'])];
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
