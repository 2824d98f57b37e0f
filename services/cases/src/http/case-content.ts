import type { CaseFile } from '@ihala/case-file';
import type { ClassContents } from '@ihala/contracts';
import { hours, later } from '@ihala/service-kit';
import type { ConsentBody } from './bodies.js';

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

/** Help given without the person's word ends after 72 hours, unless their own word is recorded before. */
export function withEnd(body: ConsentBody, now: string): ConsentBody {
  if (body.basis !== 'vital-interests') return body;
  const end = later(now, hours(72));
  return { ...body, expiresAt: body.expiresAt !== undefined && body.expiresAt < end ? body.expiresAt : end };
}
