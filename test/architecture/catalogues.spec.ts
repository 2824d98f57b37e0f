import { describe, expect, test } from '@jest/globals';
import { loadDeployment } from '@ihala/access';
import { codeName, dataClasses } from '@ihala/contracts';
import {
  type Catalogue,
  classesOpenedBy,
  commonOutcomes,
  type ServiceDefinition,
  type Step,
  type StepField,
} from '@ihala/service-kit';
import { findSectors, servicesFolder } from '@ihala/standalone';
import { type AgreedSector, type AgreedService, sectorTable } from './sector-table.js';

const catalogues = await findSectors([servicesFolder]);
const services = catalogues.flatMap((catalogue) =>
  Object.entries(catalogue.services).map(
    ([code, service]) => [`${catalogue.sector} ${code}`, service, catalogue] as const,
  ),
);

/** A catalogue as the table writes it. */
const written = (catalogue: Catalogue): AgreedSector => ({
  opens: classesOpenedBy(catalogue).join(' '),
  services: Object.fromEntries(Object.entries(catalogue.services).map(([code, it]) => [code, writtenService(it)])),
});

const writtenService = (service: ServiceDefinition): AgreedService => ({
  receivers: service.receivers.join(' '),
  answers: ['emergency', 'urgent', 'routine'].map((urgency) => service.answerWithin[urgency as 'routine']).join(' '),
  clock: service.clock,
  classes: `${service.dataClasses.required.join(' ')} / ${service.dataClasses.optional.join(' ')}`,
  bases: service.bases.join(' '),
  steps: Object.entries(service.steps).map(([name, step]) => writtenStep(name, step)),
  outcomes: service.outcomes.filter((outcome) => !(commonOutcomes as readonly string[]).includes(outcome)).join(' '),
  needs: needsOf(service).map(([outcome, { step, code }]) => `${outcome} ← ${step}, else ${code}`),
  refusals: service.refusalReasons.join(' '),
  sensitive: service.sensitive,
  papers: service.papersNeverRequired ? 'never' : 'may matter',
});

const writtenStep = (name: string, { fields, repeatable }: Step): string =>
  `${name} { ${Object.entries(fields)
    .map(([field, { optional, ...it }]) => `${field}${optional ? '?' : ''}: ${writtenField(it)}`)
    .join(', ')} }${repeatable ? '*' : ''}`;
const writtenField = ({ kind, values, class: sealedAs }: StepField): string =>
  [values?.join('|') ?? kind, ...(sealedAs ? ['in', sealedAs] : [])].join(' ');

const needsOf = (service: ServiceDefinition) => Object.entries(service.outcomeNeeds ?? {});
const textsOf = (service: ServiceDefinition) => [service.title, service.description];
const fieldsOf = ({ steps }: ServiceDefinition) =>
  Object.entries(steps).flatMap(([step, { fields }]) =>
    Object.entries(fields).map(([name, field]) => [`${step}.${name}`, field] as const),
  );

const arabic = /[\u0600-\u06ff]/;
/** Kinds that hold what somebody wrote: never in the clear. */
const wordy: readonly StepField['kind'][] = ['words', 'list', 'profile'];

const faults = {
  languages: (service: ServiceDefinition) =>
    textsOf(service).filter(
      ({ fr, ar, en }) => !arabic.test(ar) || [fr, en].some((it) => it.length < 3 || arabic.test(it)),
    ),
  clearWords: (service: ServiceDefinition) =>
    fieldsOf(service).flatMap(([name, field]) => (wordy.includes(field.kind) && !field.class ? [name] : [])),
  looseCodes: (service: ServiceDefinition) =>
    fieldsOf(service).flatMap(([name, { kind, values }]) =>
      (kind === 'code') === (values?.every((value) => codeName.safeParse(value).success) ?? false) ? [] : [name],
    ),
  needs: (service: ServiceDefinition, { sector, problems, services: all }: Catalogue) =>
    needsOf(service).filter(
      ([outcome, { step, code }]) =>
        !service.outcomes.includes(outcome) ||
        !Object.values(all).some(({ steps }) => step in steps) ||
        !code.startsWith(`${sector}.`) ||
        !problems?.[code],
    ),
};

test('every sector is in the table, and every one in the table is there', () => {
  expect(catalogues.map(({ sector }) => sector)).toEqual(Object.keys(sectorTable).toSorted());
});

describe.each(catalogues.map((catalogue) => [catalogue.sector, catalogue] as const))('%s', (sector, catalogue) => {
  const agreed = sectorTable[sector]!;
  test.each(Object.keys(agreed.services))('%s is what was agreed', (code) => {
    expect(written(catalogue).services[code]).toEqual(agreed.services[code]);
  });

  test('offers what was agreed, and opens the classes that follow from it', () => {
    expect(Object.keys(catalogue.services)).toEqual(Object.keys(agreed.services));
    expect(written(catalogue).opens).toBe(agreed.opens);
  });

  test('says its refusals in three languages', () => {
    for (const [code, { fr, ar, en }] of Object.entries(catalogue.problems ?? {})) {
      expect(code.startsWith(`${sector}.`)).toBe(true);
      for (const { title, detail } of [fr, ar, en])
        expect([code, title.length > 2, detail.length > 2]).toEqual([code, true, true]);
      expect(ar.title).toMatch(arabic);
    }
  });
});

describe.each(services)('%s', (_, service, catalogue) => {
  test('has a name and a description in French, Arabic and English', () => {
    expect(faults.languages(service)).toEqual([]);
  });

  test('keeps words sealed, and its codes to a list', () => {
    expect(faults.clearWords(service)).toEqual([]);
    expect(faults.looseCodes(service)).toEqual([]);
  });

  test('names steps, outcomes and refusals that there are', () => {
    expect(faults.needs(service, catalogue)).toEqual([]);
    for (const code of [...Object.keys(service.steps), ...service.outcomes]) {
      expect(codeName.safeParse(code).success).toBe(true);
    }
    expect(service.outcomes).toEqual(expect.arrayContaining([...commonOutcomes]));
  });

  test('is offered by agencies of the default deployment that may receive', () => {
    const may = loadDeployment(undefined).agencies.filter(({ kinds }) =>
      kinds.some((kind) => kind === 'provider' || kind === 'custody'),
    );
    expect(may.map(({ code }) => code)).toEqual(expect.arrayContaining([...service.receivers]));
    expect(service.receivers.length).toBeGreaterThan(0);
  });

  test('rests on vital interests in health alone', () => {
    expect(service.bases.includes('vital-interests')).toBe(catalogue.sector === 'health');
  });
});

test('nobody opens what is none of its business', () => {
  for (const catalogue of catalogues) {
    const texts = classesOpenedBy(catalogue).filter((name) => !(dataClasses as readonly string[]).includes(name));
    expect(texts).toEqual([`texts-${catalogue.sector}`]);
  }
  const employment = catalogues.filter(({ sector }) => sector === 'employment').flatMap(classesOpenedBy);
  for (const closed of ['health', 'protection', 'family', 'violence']) expect(employment).not.toContain(closed);
});

describe('these checks fire', () => {
  const [, care, health] = services.find(([name]) => name === 'health primary-care')!;
  const withField = (field: StepField): ServiceDefinition => ({
    ...care,
    steps: { visit: { repeatable: false, fields: { place: field } } },
  });

  test('on words in the clear, and on codes of no list', () => {
    expect(faults.clearWords(withField({ kind: 'words' }))).toEqual(['visit.place']);
    expect(faults.clearWords(withField({ kind: 'words', class: 'texts' }))).toEqual([]);
    expect(faults.looseCodes(withField({ kind: 'code' }))).toEqual(['visit.place']);
    expect(faults.looseCodes(withField({ kind: 'code', values: ['Two words'] }))).toEqual(['visit.place']);
  });

  test('on a language left out, and on a need that nothing fulfils', () => {
    expect(faults.languages({ ...care, title: { ...care.title, ar: 'Primary care' } })).toHaveLength(1);
    const need = { step: 'consultation', code: 'health.consultation-missing' };
    const needing = (outcome: string, it: typeof need) => ({ ...care, outcomeNeeds: { [outcome]: it } });
    expect(faults.needs(needing('treated', need), health)).toEqual([]);
    expect(faults.needs(needing('cured', need), health)).toHaveLength(1);
    expect(faults.needs(needing('treated', { ...need, step: 'surgery' }), health)).toHaveLength(1);
    expect(faults.needs(needing('treated', { ...need, code: 'health.unsaid' }), health)).toHaveLength(1);
  });

  test('on a class that a step is sealed under: it opens', () => {
    const sealing = withField({ kind: 'words', class: 'family' });
    expect(classesOpenedBy({ ...health, services: { visit: sealing } })).toContain('family');
  });
});
