import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { projects, read, root, sources } from './workspace.js';

interface Text {
  readonly path: string;
  readonly code: string;
  readonly typed?: boolean;
}

const lint = (texts: readonly Text[]) =>
  JSON.parse(
    execFileSync('node', ['test/architecture/lint-texts.js'], {
      cwd: root,
      input: JSON.stringify(texts),
      stdio: ['pipe', 'pipe', 'inherit'],
      // fresh options, not Jest's; and programs that accept a text other than the file's
      env: { ...process.env, NODE_OPTIONS: '', NX_DAEMON: 'false', TSESTREE_SINGLE_RUN: 'false' },
    }).toString(),
  ) as string[][];

const boundary = '@nx/enforce-module-boundaries';
const kind = (tags: readonly string[] = []) => tags.map((tag) => tag.replace('type:', '')).join();

/** Said a second time, apart from the lint's own table: a slip in one of them shows. */
const layers: Readonly<Record<string, string>> = {
  decider: '',
  domain: 'decider',
  contracts: '',
  'event-log': '',
  engine: 'event-log',
  privacy: 'contracts',
  keyring: 'privacy',
  access: 'contracts',
  kit: 'decider domain contracts event-log privacy access',
  telemetry: 'kit',
  distributed: 'decider domain contracts event-log engine privacy keyring access kit telemetry',
  service: 'decider domain contracts event-log privacy access kit distributed',
  sector: 'decider domain contracts event-log privacy access kit distributed',
  standalone: 'decider domain contracts event-log engine privacy keyring access kit telemetry service',
};

test('every project has one tag, of a known kind', () => {
  for (const { manifest } of projects) expect(Object.keys(layers)).toContain(kind(manifest.nx?.tags));
});

const pureFolders = ['libs/decider/src', 'libs/referral/src', 'libs/case-file/src', 'services/cases/src/domain'];
const existing = 'libs/event-log/src/event-log.ts';

const fires: readonly (readonly [rule: string, code: string, paths: readonly string[], typed?: 'typed'])[] = [
  [boundary, "import '../../referral/src/index.js';", ['libs/event-log/src/fixture.ts']],
  [boundary, "export * from '@ihala/health';", ['services/cases/src/fixture.ts']],
  [boundary, "await import('@ihala/health');", ['services/cases/src/fixture.ts', 'services/standalone/src/fixture.ts']],
  [
    boundary,
    "import '@ihala/test-servers';",
    ['libs/event-log-sqlite/src/fixture.ts', 'services/cases/src/fixture.ts'],
  ],
  ['no-restricted-imports', "import { send } from '@ihala/referral/dist/send.js';", ['services/health/src/fixture.ts']],
  ['no-restricted-imports', "import { createRequire } from 'node:module';", ['services/health/src/fixture.ts']],
  ['no-restricted-imports', "import { sha } from 'hash';", ['libs/event-log/src/fixture.ts']],
  ['no-restricted-imports', "import 'node:fs';", ['libs/contracts/src/fixture.ts']],
  ['no-restricted-imports', "import { z } from 'zod';", pureFolders],
  ['no-restricted-imports', "import { randomUUID } from 'node:crypto';", pureFolders],
  ['no-restricted-imports', "export * from '@ihala/contracts';", pureFolders],
  ['no-restricted-imports', "import { other } from '../http/other.js';", ['services/cases/src/domain']],
  ['no-restricted-syntax', "type Log = typeof import('@ihala/event-log');", [...pureFolders, 'services/cases/src']],
  ['no-restricted-syntax', "const name = 'x'; await import(name);", ['services/cases/src', 'libs/access/src']],
  ['no-restricted-syntax', "require('zod');", [...pureFolders, 'services/cases/src']],
  ['no-restricted-syntax', "await import('./late.js');", pureFolders],
  ['no-restricted-globals', 'export const now = () => new Date();', pureFolders],
  ['no-restricted-globals', 'export const now = () => performance.now();', pureFolders],
  ['no-restricted-globals', 'export const id = () => crypto.randomUUID();', pureFolders],
  ['no-restricted-globals', 'export const name = process.env.NAME;', pureFolders],
  ['no-restricted-globals', 'setTimeout(() => 0, 1);', pureFolders],
  ['no-restricted-globals', 'export const now = () => globalThis.Date.now();', pureFolders],
  ['no-restricted-properties', 'export const chance = () => Math.random();', pureFolders],
  ['@typescript-eslint/no-explicit-any', 'export const loose = (it: any) => it;', ['libs/access/src']],
  [
    '@typescript-eslint/consistent-type-imports',
    "import { Json } from './envelope.js'; export const one: Json = 1;",
    ['libs/event-log/src'],
  ],
  ['@typescript-eslint/no-floating-promises', 'Promise.resolve(1);', [existing], 'typed'],
  [
    '@typescript-eslint/no-misused-promises',
    'export const wrong = (go: () => Promise<boolean>) => (go() ? 1 : 2);',
    [existing],
    'typed',
  ],
  ['@typescript-eslint/await-thenable', 'export const late = async () => await 1;', [existing], 'typed'],
  [
    '@typescript-eslint/switch-exhaustiveness-check',
    "export const f = (x: 'a' | 'b') => { switch (x) { case 'a': return 1; } };",
    [existing],
    'typed',
  ],
];

const passes: readonly (readonly [code: string, path: string])[] = [
  ["import { type Event } from './event.js';\nexport type Other = Event;", 'libs/referral/src'],
  ["export * from '@ihala/decider';", 'libs/referral/src'],
  ["export * from '@ihala/case-file';\nexport * from '@ihala/referral';", 'services/cases/src/domain'],
  ["export * from 'zod';", 'libs/contracts/src'],
  ["export * from 'canonicalize';\nexport * from 'node:crypto';", 'libs/event-log/src'],
  ['export const start = () => Date.now();', 'services/cases/src'],
  ["import fc from 'fast-check';\nexport const seed = fc.date();", 'libs/referral/src/referral.spec.ts'],
  ["export * from '@ihala/event-log/conformance';", 'libs/event-log-sqlite/src/log.spec.ts'],
  ["import '@ihala/test-servers';", 'libs/event-log-sqlite/src/log.spec.ts'],
  ["import '@ihala/test-servers';", 'libs/event-log-sqlite/src/server.fixtures.ts'],
  ["import '@ihala/test-servers';", 'test/bench/fixture.ts'],
];

const file = (path: string) => (path.endsWith('.ts') ? path : `${path}/fixture.ts`);
const pairs = projects.flatMap((from) => projects.filter((to) => to !== from).map((to) => ({ from, to })));
const broken = fires.flatMap(([rule, code, paths, typed]) =>
  paths.map((path) => ({ rule, code, path, typed: !!typed })),
);

// one process for all of them: most of its time is the project graph
const found = lint([
  ...pairs.map(({ from, to }) => ({ path: `${from.folder}/src/fixture.ts`, code: `import '${to.manifest.name}';\n` })),
  ...broken.map(({ path, code, typed }) => ({ path: file(path), code: `${code}\n`, typed })),
  ...passes.map(([code, path]) => ({ path: file(path), code: `${code}\n` })),
]);
const ofPairs = found.slice(0, pairs.length);
const ofBroken = found.slice(pairs.length, pairs.length + broken.length);
const ofPasses = found.slice(pairs.length + broken.length);

test('one file alone imports what no text names', () => {
  const excused = sources.filter((path) => /eslint-disable.*no-restricted-syntax/.test(read(path)));
  expect(excused).toEqual(['services/standalone/src/sectors.ts']);
});

describe('imports between projects', () => {
  test.each(pairs.map(({ from, to }, index) => [from.folder, to.folder, { from, to, index }] as const))(
    '%s → %s',
    (_from, _to, { from, to, index }) => {
      const allowed = layers[kind(from.manifest.nx?.tags)]?.split(' ').includes(kind(to.manifest.nx?.tags));
      const fired = ofPairs[index]?.includes(boundary);
      expect(fired ? 'refused' : 'permitted').toBe(allowed ? 'permitted' : 'refused');
    },
  );
});

describe('other rules', () => {
  test.each(broken.map(({ rule, code, path }, index) => [path, code, rule, index] as const))(
    'in %s: %s is refused by %s',
    (_path, _code, rule, index) => expect(ofBroken[index]).toContain(rule),
  );

  test.each(passes.map(([code, path], index) => [path, code, index] as const))(
    'in %s: %s passes',
    (_path, _code, index) => expect(ofPasses[index]).toEqual([]),
  );
});
