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

const schooling: AgreedService = {
  ...usual,
  ...neverForPapers,
  receivers: 'education-nationale',
  clock: 'working',
  classes: 'identity / education',
  bases: 'consent best-interests-of-child legal-obligation',
  steps: ['reception { place: words in texts }', 'enrolment { centre: words in texts }'],
  needs: ['enrolled ← enrolment, else education.enrolment-missing'],
};
const work: AgreedService = {
  ...usual,
  ...byAnyReason,
  receivers: 'anapec',
  clock: 'working',
  classes: 'identity contact status / employment education',
  bases: 'consent best-interests-of-child legal-obligation',
  steps: [],
  outcomes: 'placed business-created card-issued grant-awarded',
  needs: ['placed ← placement, else employment.placement-missing'],
};
const registered = 'registration { anapecNumber: words in employment }';
const followedUp = 'follow-up { at: instant, stillEmployed: flag }*';
const homeward = { ...usual, ...byAnyReason, receivers: 'oim', bases: 'consent' };
const withinAnHour = { answers: 'PT1H PT1H PT1H' };

export const sectorTable: Readonly<Record<string, AgreedSector>> = {
  education: {
    opens: 'identity contact family education texts-education',
    services: {
      'school-enrolment': {
        ...schooling,
        classes: 'identity / education family contact',
        steps: [
          'reception { place: words in texts }',
          'level-assessment { level: words in education, language: words in education }',
          'placement { school: words in education, province: words in education, level: words in education }',
          'enrolment { school: words in education, level: words in education, massarCode?: words in education, provisional: flag in education }',
          'attendance-check { attending: flag, obstacle?: words in texts }',
        ],
      },
      preschool: schooling,
      'non-formal-education': schooling,
      'second-chance-school': schooling,
      'language-and-culture': schooling,
      literacy: schooling,
      'school-support': {
        ...schooling,
        receivers: 'education-nationale hcr',
        classes: 'identity / family',
        steps: [
          'support { kind: kit|tayssir|tutoring|scholarship|mediation, schoolYear: words in texts, funder: words in texts }',
        ],
      },
    },
  },
  employment: {
    opens: 'identity contact status education employment texts-employment',
    services: {
      'job-search': {
        ...work,
        steps: [
          registered,
          'positioning-interview { at: instant, profile: profile in texts }',
          'workshop { topic: words in texts, at: instant }*',
          'introduction { employer: words in texts, cvApproved: flag }*',
          'contract-visa { decidedBy: words in texts, submittedOn: date, decision?: words in texts, decidedOn?: date }',
          'placement { employer: words in texts, startsOn: date, contract: words in texts, source: anapec|own-search|partner }',
          followedUp,
        ],
      },
      'self-employment': {
        ...work,
        steps: [
          registered,
          'orientation-interview { at: instant }',
          'training { topic: words in texts }*',
          'business-plan { title: words in texts }',
          'project-validation { members: list in texts, decision: words in texts }',
          'company-formalities {  }',
          'auto-entrepreneur-card { number: words in texts }',
          'cooperative { name: words in texts }',
          'microproject-grant { amount: count, funder: words in texts }',
          followedUp,
        ],
      },
      'skills-assessment': {
        ...work,
        receivers: 'anapec hcr oim entraide-nationale',
        classes: 'identity / employment education',
        steps: ['assessment { profile: profile in texts }'],
      },
    },
  },
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
  'voluntary-return': {
    opens: 'identity contact status family protection violence health texts-voluntary-return',
    services: {
      'assisted-return': {
        ...homeward,
        classes: 'identity contact status / family protection violence health',
        steps: [
          'protection-screening { asylumExplained: flag in protection, wishesAsylum: flag in protection, riskOnReturn: words in protection }',
          'hcr-counselling { at: instant }',
          'counselling { at: instant, language: words in texts, interpreter: flag }',
          'vulnerability-assessment { categories: list in protection }',
          'pre-departure-assistance { kind: psychosocial|food|medical|shelter }*',
          'health-check { at: instant in health, fitToTravel: flag, validUntil: instant }',
          'declaration { signedAt: instant, language: words in texts, givenBy: words in texts, destination: words in texts }',
          'reintegration-orientation { topic: words in texts }*',
          'financial-aid { amount: count }',
          'travel-document { kind: words in status, issuedBy: words in status }',
          'booking { travelOn: date, route: words in texts, travellers: count, fundedBy?: words in texts }',
          'departure { at: instant, confirmedVoluntary: flag }',
        ],
        outcomes: 'returned',
        needs: ['returned ← departure, else voluntary-return.departure-missing'],
      },
      reintegration: {
        ...homeward,
        classes: 'identity contact / family protection health',
        steps: [
          'arrival { at: instant }',
          'reintegration-support { kind: words in texts }*',
          'monitoring { at: instant, situation: words in texts }*',
        ],
        outcomes: 'reintegrated',
        needs: ['reintegrated ← monitoring, else voluntary-return.monitoring-missing'],
      },
    },
  },
};
