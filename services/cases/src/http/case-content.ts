import type { CaseFile } from '@ihala/case-file';
import type { ClassContents } from '@ihala/contracts';

/**
 * A custodian that was not given a class says nothing about it by leaving its codes out: its list of needs must not
 * undo what it cannot see.
 */
export function withoutBlindRemovals(correction: Required<ClassContents>, file: CaseFile): Required<ClassContents> {
  if (!file.transfers.some(({ status }) => status === 'accepted')) return correction;
  const seen = (name: 'protection' | 'violence') =>
    file.custody.inheritedClasses.includes(name) || (correction[name].vulnerabilities ?? []).length > 0;
  return {
    ...correction,
    protection: seen('protection') ? correction.protection : {},
    violence: seen('violence') ? correction.violence : {},
  };
}
