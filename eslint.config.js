import { createProjectGraphAsync } from '@nx/devkit';
import nx from '@nx/eslint-plugin';
import { defineConfig } from 'eslint/config';
import { builtinRules } from 'eslint/use-at-your-own-risk';
import tseslint from 'typescript-eslint';

// Without a project graph the boundary rule passes everything, silently: no graph, no lint.
process.env.NX_DAEMON ??= 'false';
await createProjectGraphAsync({ exitOnError: true });

const tests = ['**/*.spec.ts', '**/*.fixtures.ts', '**/conformance/**', 'test/**'];
const libraries = ['decider', 'domain', 'contracts', 'event-log', 'privacy', 'access', 'kit'];
/** Known to their wiring alone. */
const engines = ['engine', 'keyring'];

/** Which kind of project may import which. A kind that is missing here may import nothing of ours. */
const mayImport = {
  decider: [],
  domain: ['decider'],
  contracts: [],
  'event-log': [],
  engine: ['event-log'],
  privacy: ['contracts'],
  keyring: ['privacy'],
  access: ['contracts'],
  kit: libraries.filter((kind) => kind !== 'kit'),
  // loaded where traces are wanted
  telemetry: ['kit'],
  // the wiring of the distributed engine, which services are started with
  distributed: [...libraries, ...engines, 'telemetry'],
  service: [...libraries, 'distributed'],
  // found where they lie, never named: nothing imports one
  sector: [...libraries, 'distributed'],
  standalone: [...libraries, ...engines, 'telemetry', 'service'],
  servers: [],
};
const tag = (kind) => `type:${kind}`;
const boundaries = (table) => {
  const depConstraints = Object.entries(table).map(([kind, others]) => ({
    sourceTag: tag(kind),
    onlyDependOnLibsWithTags: others.map(tag),
  }));
  return ['error', { depConstraints, allow: [], enforceBuildableLibDependency: false }];
};
/** What tests may import: the servers for tests as well. */
const inTests = (table) =>
  Object.fromEntries(Object.entries(table).map(([kind, others]) => [kind, [...others, 'servers']]));

const syntax = {
  typeImport: { selector: 'TSImportType', message: "No import('…') in types: the boundary rule cannot see it." },
  computedImport: {
    selector: 'ImportExpression:not([source.type="Literal"])',
    message: 'import() takes a literal: the boundary rule cannot see anything else.',
  },
  require: {
    selector: 'CallExpression[callee.name="require"]',
    message: 'Import it: require() passes the boundaries by.',
  },
  dynamicImport: { selector: 'ImportExpression', message: 'Pure code loads nothing at run time.' },
};
const deepPath = {
  regex: '^@ihala/[^/]+/',
  message: 'Import what the library offers in its index, not a path inside it.',
};
const createRequire = { name: 'node:module', importNames: ['createRequire'], message: syntax.require.message };

/** ESLint's own recommendation; its package @eslint/js lists no more than this. */
const recommended = Object.fromEntries(
  [...builtinRules].filter(([, { meta }]) => meta?.docs?.recommended).map(([name]) => [name, 'error']),
);

/** Code that gives the same answer at every replay: no package, no builtin, no clock, no chance, no machine. */
const impure = [
  ...['Date', 'Temporal', 'Intl', 'performance', 'crypto', 'process', 'Buffer', 'fetch', 'console'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'globalThis', 'global', 'eval', 'Function'],
];
/** @param {string[]} files @param {string[]} others what may be imported besides files of the same folder */
const pure = (files, others) => ({
  files,
  ignores: tests,
  rules: {
    'no-restricted-globals': [
      'error',
      ...impure.map((name) => ({ name, message: 'Pure code gets it with the command.' })),
    ],
    'no-restricted-properties': [
      'error',
      { object: 'Math', property: 'random', message: 'Chance comes in with the command.' },
    ],
    'no-restricted-syntax': ['error', syntax.typeImport, syntax.require, syntax.dynamicImport],
    ...onlyImports('Pure code', ['\\./', ...others.map((name) => `${name}$`)]),
  },
});
/** @param {string[]} allowed beginnings of specifiers, as regular expressions */
function onlyImports(whose, allowed) {
  const message = `${whose} imports nothing but ${allowed.join(', ')}.`;
  return { 'no-restricted-imports': ['error', { patterns: [{ regex: `^(?!${allowed.join('|')})`, message }] }] };
}

export default defineConfig(
  { ignores: ['**/dist/', '**/node_modules/', '**/coverage/', 'data/', '.nx/'] },
  // no-undef needs a list of every global, which the compiler has; no-useless-assignment overlooks what decorators read
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: { ...recommended, 'no-undef': 'off', 'no-useless-assignment': 'off' },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    // one program over all sources, specs included; libraries resolve to their sources, so nothing needs to be built
    languageOptions: { parserOptions: { project: './tsconfig.spec.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    rules: {
      eqeqeq: 'error',
      'no-restricted-imports': ['error', { paths: [createRequire], patterns: [deepPath] }],
      'no-restricted-syntax': ['error', syntax.typeImport, syntax.computedImport, syntax.require],
      '@nx/enforce-module-boundaries': boundaries(mayImport),
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: tests.map((files) => [files, '**/*.ts']),
    rules: { '@nx/enforce-module-boundaries': boundaries(inTests(mayImport)) },
  },
  {
    // a carrier is tested between two logs
    files: ['libs/carrier-kafka/src/**/*.{spec,fixtures}.ts'],
    rules: { '@nx/enforce-module-boundaries': boundaries(inTests({ ...mayImport, engine: ['event-log', 'engine'] })) },
  },
  pure(['libs/decider/src/**'], []),
  pure(['libs/referral/src/**', 'libs/case-file/src/**'], ['@ihala/decider']),
  pure(['services/*/src/domain/**'], ['@ihala/decider', '@ihala/referral', '@ihala/case-file']),
  {
    files: ['libs/contracts/src/**'],
    ignores: tests,
    rules: onlyImports('The published language', ['\\.\\.?/', 'zod$']),
  },
  {
    files: ['libs/event-log/src/**'],
    ignores: tests,
    rules: onlyImports('The log', ['\\.\\.?/', 'node:', 'canonicalize$']),
  },
  {
    files: tests,
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [createRequire], patterns: [{ ...deepPath, regex: '^@ihala/[^/]+/(?!conformance$)' }] },
      ],
    },
  },
);
