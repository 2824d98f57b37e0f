/** What was agreed about every service, written down apart from the catalogues, so that they can be held against it. */

export interface AgreedService {
  readonly receivers: string;
  /** emergency, urgent, routine */
  readonly answers: string;
  readonly clock: string;
  /** required / optional */
  readonly classes: string;
  readonly bases: string;
  /** `name { field?: kind or codes, in its class }`, and `*` where it repeats */
  readonly steps: readonly string[];
  /** besides those of every service */
  readonly outcomes: string;
  /** outcome ← step, else code */
  readonly needs: readonly string[];
  readonly refusals: string;
  readonly sensitive: boolean;
  readonly papers: 'never' | 'may matter';
}
export interface AgreedSector {
  readonly opens: string;
  readonly services: Readonly<Record<string, AgreedService>>;
}

const usual = { answers: 'PT24H PT72H P14D', clock: 'elapsed', outcomes: '', needs: [], sensitive: false };
const byAnyReason = {
  refusals: 'no-capacity not-eligible out-of-area not-found identity-mismatch missing-information duplicate other',
  papers: 'may matter',
} as const;
const neverForPapers = { refusals: 'no-capacity out-of-area duplicate other', papers: 'never' } as const;

const care: AgreedService = {
  ...usual,
  ...byAnyReason,
  receivers: 'sante oim hcr',
  classes: 'identity / contact protection violence health',
  bases: 'consent vital-interests best-interests-of-child legal-obligation',
  steps: [
    'consultation { at: instant, facility: words in health, findings: words in health }',
    'treatment { plan: words in health }',
    'follow-up { dueOn: date }',
    'medicine-dispensed { items: list in health }',
    'care-at-discharge { summary: words in health }',
  ],
  outcomes: 'treated referred-on discharged',
  needs: [
    'treated ← consultation, else health.consultation-missing',
    'referred-on ← consultation, else health.consultation-missing',
    'discharged ← consultation, else health.consultation-missing',
  ],
};
const sensitive = { sensitive: true };
const withinAnHour = { answers: 'PT1H PT1H PT1H' };

export const sectorTable: Readonly<Record<string, AgreedSector>> = {
  health: {
    opens: 'identity contact protection violence health texts-health',
    services: {
      'primary-care': { ...care, ...neverForPapers },
      'hospital-care': care,
      'emergency-care': { ...care, ...neverForPapers, ...withinAnHour },
      'maternal-health': { ...care, ...neverForPapers, ...sensitive },
      'reproductive-health': { ...care, ...sensitive },
      'chronic-disease': care,
      'mental-health': { ...care, ...sensitive },
      'psychosocial-support': care,
      'sexual-violence-care': { ...care, ...neverForPapers, ...withinAnHour, ...sensitive },
      'hiv-tb': { ...care, ...sensitive },
      addiction: { ...care, ...sensitive },
      vaccination: { ...care, ...neverForPapers },
      medicines: care,
    },
  },
};
