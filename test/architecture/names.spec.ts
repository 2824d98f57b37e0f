import { describe, expect, test } from '@jest/globals';
import { files, read, sources } from './workspace.js';

/** Names that say nothing about what is inside, and so collect everything. */
const empty = ['common', 'shared', 'core', 'util', 'utils', 'helper', 'helpers', 'types', 'constants', 'misc', 'lib'];
const roles = [
  ...[
    'decider',
    'view',
    'reaction',
    'controller',
    'module',
    'catalogue',
    'representation',
    'commands',
    'bodies',
    'guard',
    'pipe',
    'filter',
  ],
  ...['spec', 'int.spec', 'e2e.spec', 'conformance', 'fixtures'],
];
const longest = 250;
/** A spec is a list: it is read case by case. */
const longestSpec = 500;
/** Files that may be longer, each with its reason. */
const long: Readonly<Record<string, string>> = {};

const emptyNames = (path: string) => path.split(/[/.]/).filter((part) => empty.includes(part));

/** What is wrong with the name of a source file. */
function misnamed(path: string): string[] {
  const [base = '', ...suffix] = (path.split('/').at(-1) ?? '').replace(/\.[^.]+$/, '').split('.');
  const role = suffix.filter((part) => part !== 'spec' || suffix.length === 1);
  return [
    ...emptyNames(path).map((name) => `${path}: ${name} says nothing`),
    ...(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(base) ? [] : [`${path}: not kebab-case`]),
    ...(suffix.length === 0 || roles.includes(suffix.join('.')) || role.every((part) => roles.includes(part))
      ? []
      : [`${path}: .${suffix.join('.')} is no role`]),
    ...(base === 'index' && !/^libs\/[^/]+\/src\/(conformance\/)?index\.ts$/.test(path)
      ? [`${path}: only a library has an index`]
      : []),
  ];
}

const declared = /\b(?:class|interface|type|enum|namespace)\s+(\w*(?:Manager|Impl|Helpers?|Utils?)|I[A-Z]\w*)\b/g;
const misnamedThings = (text: string) => [...text.matchAll(declared)].map(([, name]) => name);

const overlong = (path: string, text: string) => {
  const lines = text.trimEnd().split('\n').length;
  return lines > (/\.(spec|stories)\.ts$/.test(path) ? longestSpec : longest) && !(path in long)
    ? [`${path}: ${lines} lines`]
    : [];
};

const written = [...sources, ...files.filter((path) => /^(test|docs)\/.*\.(ts|js|md)$/.test(path))];

test('files and folders are named for what is in them', () => {
  expect(files.flatMap(emptyNames)).toEqual([]);
  expect(sources.flatMap(misnamed)).toEqual([]);
});

test('classes and types are named for what they are', () => {
  expect(sources.flatMap((path) => misnamedThings(read(path)).map((name) => `${path}: ${name}`))).toEqual([]);
});

test('no file is too long to be read', () => {
  expect(written.flatMap((path) => overlong(path, read(path)))).toEqual([]);
  expect(Object.keys(long).filter((path) => !files.includes(path))).toEqual([]);
});

describe('these checks fire', () => {
  test.each([
    'libs/cup/src/utils.ts',
    'libs/cup/src/helpers/rim.ts',
    'libs/shared/src/rim.ts',
    'libs/cup/src/rim.types.ts',
  ])('on an empty name: %s', (path) => expect(emptyNames(path)).toHaveLength(1));

  test.each([
    'libs/cup/src/Rim.ts',
    'libs/cup/src/rim.service.ts',
    'services/tea/src/index.ts',
    'libs/cup/src/http/index.ts',
  ])('on %s', (path) => expect(misnamed(path)).toHaveLength(1));

  test.each(['libs/cup/src/index.ts', 'libs/cup/src/tea-rim.decider.spec.ts', 'services/tea/src/tea.module.ts'])(
    'not on %s',
    (path) => expect(misnamed(path)).toEqual([]),
  );

  test('on managers, implementations and Hungarian interfaces, and not on words that begin with I', () => {
    expect(misnamedThings('class CupManager {}\ninterface ICup {}\nexport type CupImpl = 1;')).toEqual([
      'CupManager',
      'ICup',
      'CupImpl',
    ]);
    expect(misnamedThings('interface Issuer {}\ntype IdempotencyKey = string;\nclass Utility {}')).toEqual([]);
  });

  test('on a file of 251 lines', () => {
    expect(overlong('a.ts', 'x\n'.repeat(251))).toEqual(['a.ts: 251 lines']);
    expect(overlong('a.ts', 'x\n'.repeat(250))).toEqual([]);
    expect(overlong('a.spec.ts', 'x\n'.repeat(501))).toEqual(['a.spec.ts: 501 lines']);
  });
});
