import { type consentBases, type DataClass, dataClasses, type SealClass } from '@ihala/contracts';
import type { InLanguages } from '../http/language.js';
import { problemWords, type ProblemTitles } from '../http/problem-titles.js';

export type ConsentBasis = (typeof consentBases)[number];
export type Urgency = 'emergency' | 'urgent' | 'routine';
export type FieldKind = 'instant' | 'date' | 'flag' | 'count' | 'code' | 'words' | 'list' | 'profile';

/** One field of a step. Process times, facts and codes stand in the clear; words are sealed under the class they name. */
export interface StepField {
  readonly kind: FieldKind;
  readonly optional?: boolean;
  readonly values?: readonly [string, ...string[]];
  readonly class?: DataClass | 'texts';
}
export interface Step {
  readonly repeatable: boolean;
  readonly fields: Readonly<Record<string, StepField>>;
}

interface Need {
  readonly step: string;
  readonly code: string;
}

/** A sector's service: everything in which one differs from the next, as data. */
export interface ServiceDefinition {
  readonly title: InLanguages<string>;
  readonly description: InLanguages<string>;
  readonly receivers: readonly string[];
  /** ISO 8601 durations */
  readonly answerWithin: Readonly<Record<Urgency, string>>;
  readonly clock: 'elapsed' | 'working';
  readonly dataClasses: { readonly required: readonly DataClass[]; readonly optional: readonly DataClass[] };
  readonly bases: readonly ConsentBasis[];
  readonly steps: Readonly<Record<string, Step>>;
  readonly outcomes: readonly string[];
  /** outcomes that say something was done, with the step by which it was and the refusal without it */
  readonly outcomeNeeds?: Readonly<Record<string, Need>>;
  readonly refusalReasons: readonly string[];
  readonly failureReasons: readonly string[];
  /** refusals that say nothing without a note: `other` everywhere, and where another place must be named */
  readonly reasonsWithNote: readonly string[];
  /** stands as the sector's name wherever the person's need must not show; its code is sealed */
  readonly sensitive: boolean;
  /** never depends on legal status or papers */
  readonly papersNeverRequired: boolean;
}

export interface Catalogue {
  /** as paths, streams and its folder name it */
  readonly sector: string;
  /** its own refusals, in words */
  readonly problems?: ProblemTitles;
  readonly services: Readonly<Record<string, ServiceDefinition>>;
}

export const commonOutcomes = [
  'served',
  'partly-served',
  'enrolled',
  'waitlisted',
  'not-served',
  'unreachable',
  'refused-by-person',
] as const;

const refusalReasons = [
  'no-capacity',
  'not-eligible',
  'out-of-area',
  'not-found',
  'identity-mismatch',
  'missing-information',
  'duplicate',
  'other',
] as const;

/** What a service that never depends on papers may still say no for; the first two name another place. */
const refusalReasonsWithoutPapers = ['no-capacity', 'out-of-area', 'duplicate', 'other'] as const;

type Own = 'title' | 'description' | 'receivers' | 'dataClasses' | 'steps';

/** A service, with what is usual filled in. Where papers never matter, a refusal for want of place names another one. */
export function service(definition: Pick<ServiceDefinition, Own> & Partial<ServiceDefinition>): ServiceDefinition {
  const papersNeverRequired = definition.papersNeverRequired ?? false;
  return {
    answerWithin: { emergency: 'PT24H', urgent: 'PT72H', routine: 'P14D' },
    clock: 'elapsed',
    bases: ['consent', 'best-interests-of-child', 'legal-obligation'],
    outcomes: commonOutcomes,
    refusalReasons: papersNeverRequired ? refusalReasonsWithoutPapers : refusalReasons,
    failureReasons: papersNeverRequired ? [...refusalReasonsWithoutPapers, 'not-found'] : refusalReasons,
    reasonsWithNote: papersNeverRequired ? ['other', 'no-capacity', 'out-of-area'] : ['other'],
    sensitive: false,
    ...definition,
    papersNeverRequired,
  };
}

type Sealed = DataClass | 'texts';
const ofKind = (kind: FieldKind, sealedAs?: Sealed): StepField => ({ kind, ...(sealedAs && { class: sealedAs }) });

/** The fields that steps are made of. */
export const field = {
  // These stand in the clear unless a class is named.
  instant: (sealedAs?: Sealed) => ofKind('instant', sealedAs),
  date: (sealedAs?: Sealed) => ofKind('date', sealedAs),
  flag: (sealedAs?: Sealed) => ofKind('flag', sealedAs),
  count: (sealedAs?: Sealed) => ofKind('count', sealedAs),
  code: (...values: [string, ...string[]]): StepField => ({ ...ofKind('code'), values }),
  // These never do: a class has to be named, `texts` for the words of the referral itself.
  words: (sealedAs: Sealed) => ofKind('words', sealedAs),
  list: (sealedAs: Sealed) => ofKind('list', sealedAs),
  /** occupations and languages */
  profile: (sealedAs: Sealed) => ofKind('profile', sealedAs),
  optional: (it: StepField): StepField => ({ ...it, optional: true }),
};

export const step = (fields: Step['fields']): Step => ({ fields, repeatable: false });
export const repeatable = (it: Step): Step => ({ ...it, repeatable: true });
/** Whether it says more than codes, times and the referral's own words. */
export const holdsFindings = (it?: Step): boolean =>
  Object.values(it?.fields ?? {}).some(({ class: sealedAs }) => sealedAs !== undefined && sealedAs !== 'texts');

/** The classes that a sector may open: what its services ask of a person, what their steps are sealed under, its own texts. */
export function classesOpenedBy({ sector, services }: Catalogue): readonly SealClass[] {
  const named = Object.values(services).flatMap(({ dataClasses: { required, optional }, steps }) => [
    ...required,
    ...optional,
    ...Object.values(steps).flatMap(({ fields }) => Object.values(fields).map((it) => it.class)),
  ]);
  return [...dataClasses.filter((name) => name === 'identity' || named.includes(name)), `texts-${sector}`];
}

/** The words of a refusal for want of a step: what is missing, in the three languages. */
export const stepMissing = ({ code }: Need, { fr, ar, en }: InLanguages<string>): ProblemTitles => ({
  [code]: problemWords(
    [fr, 'Ce résultat suppose que l’étape soit enregistrée.'],
    [ar, 'هذه النتيجة تفترض تسجيل المرحلة.'],
    [en, 'This outcome needs the step on record.'],
  ),
});

export const inLanguages = (fr: string, ar: string, en: string): InLanguages<string> => ({ fr, ar, en });

/** Stands for a service whose code was erased with its person: work can be ended, nothing more be written about it. */
export const unnamedService: ServiceDefinition = service({
  title: { fr: 'Service', ar: 'خدمة', en: 'Service' },
  description: { fr: 'Effacé', ar: 'مُحي', en: 'Erased' },
  receivers: [],
  dataClasses: { required: [], optional: [] },
  bases: [],
  steps: {},
  papersNeverRequired: true,
  sensitive: true,
});
