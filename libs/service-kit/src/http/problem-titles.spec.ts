import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { problemTitles } from './problem-titles.js';

const root = new URL('../../../../', import.meta.url);
const sources = ['libs', 'services']
  .flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  )
  .filter(
    (path) => /\/src\/.*\.ts$/.test(path) && !/\.(spec|fixtures|conformance|catalogue)\.ts$|node_modules/.test(path),
  );

/** Codes as they stand in the code, where refusals are made; a sector's own stand with their words in its catalogue. */
const used = new Set(
  sources.flatMap((path) =>
    [
      ...readFileSync(new URL(path, root), 'utf8').matchAll(
        /(?:refuse\(|Problem\(\s*\d{3},\s*|readonly code = |code: (?='[a-z-]+\.))'([a-z-]+(?:\.[a-z-]+)?)'/g,
      ),
    ].map(([, code]) => code!),
  ),
);

describe('the words of refusals', () => {
  it('finds the codes in the code', () => {
    expect([...used]).toEqual(
      expect.arrayContaining(['consent.missing', 'referral.illegal-transition', 'token.invalid']),
    );
  });
  it.each([...used])('%s has words', (code) => {
    expect(problemTitles[code]).toBeDefined();
  });
  it.each(Object.entries(problemTitles))('%s is said in French, Arabic and English', (_, { fr, ar, en }) => {
    for (const { title, detail } of [fr, ar, en]) expect([title.length > 2, detail.length > 2]).toEqual([true, true]);
    expect(/[\u0600-\u06ff]/.test(ar.title)).toBe(true);
  });
});
