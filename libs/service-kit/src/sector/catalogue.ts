import { type consentBases, type DataClass, dataClasses, type SealClass } from '@ihala/contracts';
import type { InLanguages } from '../http/language.js';
import type { ProblemTitles } from '../http/problem-titles.js';

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
  readonly outcomeNeeds?: Readonly<Record<string, { readonly step: string; readonly code: string }>>;
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

export const defaultAnswerWithin = { emergency: 'PT24H', urgent: 'PT72H', routine: 'P14D' } as const;

export const commonOutcomes = [
  'served',
  'partly-served',
  'enrolled',
  'waitlisted',
  'not-served',
  'unreachable',
  'refused-by-person',
] as const;

export const refusalReasons = [
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
export const refusalReasonsWithoutPapers = ['no-capacity', 'out-of-area', 'duplicate', 'other'] as const;

type Usual = 'failureReasons' | 'reasonsWithNote' | 'sensitive' | 'papersNeverRequired';

/** A service, with what is usual filled in. Where papers never matter, a refusal for want of place names another one. */
export function service(
  definition: Omit<ServiceDefinition, Usual> & Partial<Pick<ServiceDefinition, Usual>>,
): ServiceDefinition {
  const papersNeverRequired = definition.papersNeverRequired ?? false;
  return {
    sensitive: false,
    failureReasons: papersNeverRequired ? [...refusalReasonsWithoutPapers, 'not-found'] : refusalReasons,
    reasonsWithNote: papersNeverRequired ? ['other', 'no-capacity', 'out-of-area'] : ['other'],
    ...definition,
    papersNeverRequired,
  };
}

export const instant = (): StepField => ({ kind: 'instant' });
export const date = (): StepField => ({ kind: 'date' });
export const flag = (): StepField => ({ kind: 'flag' });
export const words = (sealedAs: DataClass | 'texts'): StepField => ({ kind: 'words', class: sealedAs });
export const list = (sealedAs: DataClass | 'texts'): StepField => ({ kind: 'list', class: sealedAs });
export const step = (fields: Step['fields'], repeatable = false): Step => ({ fields, repeatable });

/** The classes that a sector may open: what its services ask of a person, what their steps are sealed under, its own texts. */
export function classesOpenedBy({ sector, services }: Catalogue): readonly SealClass[] {
  const named = Object.values(services).flatMap(({ dataClasses: { required, optional }, steps }) => [
    ...required,
    ...optional,
    ...Object.values(steps).flatMap(({ fields }) => Object.values(fields).map((field) => field.class)),
  ]);
  return [...dataClasses.filter((name) => name === 'identity' || named.includes(name)), `texts-${sector}`];
}

/** Stands for a service whose code was erased with its person: work can be ended, nothing more be written about it. */
export const unnamedService: ServiceDefinition = service({
  title: { fr: 'Service', ar: 'خدمة', en: 'Service' },
  description: { fr: 'Effacé', ar: 'مُحي', en: 'Erased' },
  receivers: [],
  answerWithin: defaultAnswerWithin,
  clock: 'elapsed',
  dataClasses: { required: [], optional: [] },
  bases: [],
  steps: {},
  outcomes: commonOutcomes,
  refusalReasons: refusalReasonsWithoutPapers,
  papersNeverRequired: true,
  sensitive: true,
});
