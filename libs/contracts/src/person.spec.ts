import { describe, expect, it } from '@jest/globals';
import { byClass, flattened, personAndSituation, personBody, recordedClasses, situationBody } from './person.js';

const person = {
  givenName: 'Aminata',
  familyName: 'Diallo',
  dateOfBirth: '1998-04-12',
  phone: '+212600000001',
  unhcrId: 'MAR-1',
};
const situation = {
  legalStatus: 'irregular',
  vulnerabilities: ['pregnant', 'trafficking-victim'],
  household: { adults: 1, children: 0 },
} as const;

describe('a person, by data class', () => {
  it('puts every field under its class', () => {
    expect(byClass(person, { ...situation, vulnerabilities: [...situation.vulnerabilities] })).toEqual({
      identity: { givenName: 'Aminata', familyName: 'Diallo', dateOfBirth: '1998-04-12' },
      contact: { phone: '+212600000001' },
      status: { legalStatus: 'irregular', unhcrId: 'MAR-1' },
      family: { household: { adults: 1, children: 0 } },
      protection: { vulnerabilities: ['pregnant'] },
      violence: { vulnerabilities: ['trafficking-victim'] },
      education: {},
      employment: {},
    });
  });

  it('has a part for every class, whatever was said: presence tells nothing', () => {
    expect(Object.keys(byClass(person))).toEqual(recordedClasses);
  });

  it('gives a field one class only', () => {
    const fields = [...Object.keys(personBody.shape), ...Object.keys(situationBody.shape)];
    expect(new Set(fields).size).toBe(fields.length);
  });

  it('comes back as it went in', () => {
    const parts = byClass(person, { ...situation, vulnerabilities: [...situation.vulnerabilities] });
    expect(personAndSituation(parts)).toEqual({ person, situation });
  });

  it('shows protection needs without those of violence when only the former are shared', () => {
    const { violence: _, ...shared } = byClass({}, { ...situation, vulnerabilities: [...situation.vulnerabilities] });
    expect(flattened(shared).vulnerabilities).toEqual(['pregnant']);
  });

  it.each([
    ['a date that does not exist', { dateOfBirth: '1990-02-30' }],
    ['a country that does not exist', { nationality: 'QQ' }],
    ['a language tag that is none', { languages: ['français!'] }],
    ['NUL in a name', { givenName: 'A\u0000' }],
    ['a blank name', { givenName: '   ' }],
    ['a fraction of a year', { birthYear: 1990.5 }],
  ])('refuses %s', (_, wrong) => {
    expect(personBody.safeParse(wrong).success).toBe(false);
  });
});
