import { describe, expect, it } from '@jest/globals';
import { isMinor } from './age.js';

describe('who is a child', () => {
  it.each([
    ['the day before 18', { dateOfBirth: '2008-03-02' }, '2026-03-01', true],
    ['the day of turning 18', { dateOfBirth: '2008-03-02' }, '2026-03-02', false],
    ['born on 29 February, on 28 February', { dateOfBirth: '2008-02-29' }, '2026-02-28', true],
    ['born on 29 February, on 1 March', { dateOfBirth: '2008-02-29' }, '2026-03-01', false],
    ['a birth year that leaves it open', { birthYear: 2008 }, '2026-11-23', true],
    ['a birth year on its last day', { birthYear: 2008 }, '2026-12-31', false],
    ['a birth year long past', { birthYear: 1990 }, '2026-11-23', false],
    ['an estimate of 17 today', { ageEstimate: { years: 17, on: '2026-11-23' } }, '2026-11-23', true],
    ['an estimate of 17 a year later', { ageEstimate: { years: 17, on: '2026-11-23' } }, '2027-11-23', false],
    ['an estimate of 30', { ageEstimate: { years: 30, on: '2026-11-23' } }, '2026-11-23', false],
    [
      'two statements that differ: the youngest counts',
      { birthYear: 1990, dateOfBirth: '2010-01-01' },
      '2026-11-23',
      true,
    ],
    ['nothing known', {}, '2026-11-23', true],
  ])('%s', (_, birth, today, expected) => {
    expect(isMinor(birth, today)).toBe(expected);
  });
});
