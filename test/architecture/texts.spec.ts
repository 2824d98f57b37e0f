import { describe, expect, test } from '@jest/globals';
import { files, read } from './workspace.js';

// Put together from parts, so that this file does not contain what it looks for.
const outside = ['..', 'shared'].join('/');
const unfinished = ['TO' + 'DO', 'FIX' + 'ME'].join('|');

interface Forbidden {
  readonly what: string;
  readonly pattern: RegExp;
  readonly except?: readonly string[];
}
const forbidden: readonly Forbidden[] = [
  {
    what: 'the address of a package registry',
    pattern: /https?:\/\/[^\s"'<>)]*(registry|npmjs|jfrog|artifactory|nexus)/i,
  },
  { what: 'a path of one machine', pattern: /(^|[\s"'`(=:])(\/(home|Users|root|work|workspace)\/|[A-Z]:\\Users\\)\w/m },
  { what: 'unfinished work', pattern: new RegExp(`\\b(${unfinished})\\b`) },
  // the journeys are optional and stand outside; only the check script knows where they may be
  { what: 'a folder outside the project', pattern: new RegExp(outside.replaceAll('.', '\\.')), except: ['.ci/run'] },
  { what: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
];

const findings = (path: string, text: string) =>
  forbidden
    .filter(({ pattern, except }) => pattern.test(text) && !except?.includes(path))
    .map(({ what }) => `${path}: ${what}`);

const downloads = (lock: string) => lock.match(/"resolved": "[a-z+]*:\/\/[^"]*"/g) ?? [];

test('no file names a registry, a machine or unfinished work', () => {
  expect(files.filter((path) => path !== 'package-lock.json').flatMap((path) => findings(path, read(path)))).toEqual(
    [],
  );
});

test('the lock file names no address to download from', () => {
  expect(downloads(read('package-lock.json'))).toEqual([]);
});

describe('these checks fire', () => {
  test.each([
    ['https:' + '//registry.example.org/zod', 'the address of a package registry'],
    ['cd /' + 'home/amina/ihala', 'a path of one machine'],
    ["data = '/" + "work/data'", 'a path of one machine'],
    ['C:' + '\\Users\\amina', 'a path of one machine'],
    ['// TO' + 'DO later', 'unfinished work'],
    [`see ${outside}/page.md`, 'a folder outside the project'],
    ['-----BEGIN ' + 'PRIVATE KEY-----', 'a private key'],
  ])('on %s', (text, what) => expect(findings('libs/cup/src/cup.ts', text)).toEqual([`libs/cup/src/cup.ts: ${what}`]));

  test('not on what is allowed', () => {
    expect(findings('README.md', 'http://127.0.0.1:3000/v1/cases, /v1/openapi.json, sha256:/abc')).toEqual([]);
    expect(findings('.ci/run', `JOURNEYS=${outside}/journeys`)).toEqual([]);
  });

  test('on a lock file that names an address', () => {
    expect(downloads('{ "resolved": "https://' + 'r.example/zod.tgz" }')).toHaveLength(1);
    expect(downloads('{ "resolved": "libs/decider", "link": true }')).toEqual([]);
  });
});
