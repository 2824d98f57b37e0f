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

export const sectors = ['education', 'health', 'employment', 'voluntary-return'] as const;
export type Sector = (typeof sectors)[number];

/** A service's own narrative: notes, reasons, questions, answers. Opened by that service alone. */
export type TextClass = `texts-${'cases' | Sector}`;
export type SealClass = DataClass | TextClass;

export const roles = ['caseworker', 'supervisor', 'clinician', 'auditor', 'statistician', 'administrator'] as const;
export type Role = (typeof roles)[number];

export const agencyKinds = ['custody', 'provider', 'oversight', 'enforcement'] as const;
export type AgencyKind = (typeof agencyKinds)[number];

/** Which classes each service's keyring credentials open; everything else stays sealed to it. */
export const classesOpenTo: Readonly<Record<'cases' | 'audit' | Sector, readonly SealClass[]>> = {
  cases: [
    'identity',
    'contact',
    'status',
    'family',
    'protection',
    'violence',
    'education',
    'employment',
    'texts-cases',
  ],
  audit: [],
  education: ['identity', 'contact', 'family', 'education', 'texts-education'],
  health: ['identity', 'contact', 'protection', 'violence', 'health', 'texts-health'],
  employment: ['identity', 'contact', 'status', 'education', 'employment', 'texts-employment'],
  'voluntary-return': [
    'identity',
    'contact',
    'status',
    'family',
    'protection',
    'violence',
    'health',
    'texts-voluntary-return',
  ],
};
