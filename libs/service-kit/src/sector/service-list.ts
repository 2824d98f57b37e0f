import type { Language } from '../http/language.js';
import type { Catalogue, ServiceDefinition } from './catalogue.js';

/** A sector's catalogue as callers read it, in their language. */
export function serviceList({ services }: Catalogue, language: Language): object {
  return { items: Object.entries(services).map(([code, service]) => item(code, service, language)), next: null };
}

function item(code: string, service: ServiceDefinition, language: Language): object {
  const {
    title,
    description,
    receivers,
    answerWithin,
    clock,
    dataClasses,
    bases,
    outcomes,
    refusalReasons,
    sensitive,
  } = service;
  return {
    code,
    title: title[language],
    description: description[language],
    ...{ receivers, answerWithin, clock, dataClasses, bases, outcomes, refusalReasons, sensitive },
    steps: Object.keys(service.steps),
    stepFields: Object.fromEntries(Object.entries(service.steps).map(([name, { fields }]) => [name, fieldsOf(fields)])),
  };
}

const fieldsOf = (fields: ServiceDefinition['steps'][string]['fields']) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, { kind, optional, values }]) => [
      name,
      { kind, required: !optional, ...(values && { values }) },
    ]),
  );
