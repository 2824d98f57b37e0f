/** The unit of sharing and of sealing: what a consent names, and what one key of a person opens. */
export const dataClasses = [
  'identity',
  'contact',
  'status',
  'family',
  'protection',
  'violence',
  'health',
  'education',
  'employment',
] as const;
export type DataClass = (typeof dataClasses)[number];

/** A service's own narrative: notes, reasons, questions, answers. Opened by that service alone. */
export type TextClass = `texts-${string}`;
export type SealClass = DataClass | TextClass;

export const roles = ['caseworker', 'supervisor', 'clinician', 'auditor', 'statistician', 'administrator'] as const;
export type Role = (typeof roles)[number];

export const agencyKinds = ['custody', 'provider', 'oversight', 'enforcement'] as const;
export type AgencyKind = (typeof agencyKinds)[number];
