import { describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { deepPaths, packageDifferences, packageOf, referenceDifferences, type Source, specifiers } from './packages.js';
import { files, type Manifest, projects, read, readJson, root, sources } from './workspace.js';

const rootManifest = readJson<Manifest>('package.json');
const folderOf = new Map(projects.map(({ folder, manifest }) => [manifest.name, folder]));
const installed = (name: string) => {
  const path = `node_modules/${name}/package.json`;
  return existsSync(join(root, path)) ? readJson<Manifest>(path) : undefined;
};
const sourcesOf = (folder: string): Source[] =>
  sources.filter((path) => path.startsWith(`${folder}/`)).map((path) => ({ path, text: read(path) }));
const referencesOf = (path: string) => readJson<{ references?: { path: string }[] }>(path).references ?? [];

describe.each(projects.map((project) => [project.folder, project] as const))('%s', (folder, project) => {
  test('names the packages it imports, and no others', () => {
    expect(packageDifferences(project, sourcesOf(folder), rootManifest, installed)).toEqual([]);
  });

  test('refers to the projects it names', () => {
    expect(referenceDifferences(project, referencesOf(`${folder}/tsconfig.json`), folderOf)).toEqual([]);
  });

  test('reaches into no other library', () => {
    expect(sourcesOf(folder).flatMap(deepPaths)).toEqual([]);
  });
});

/** The projects that `tsc -b` builds with these: they and, over and over, those they refer to. */
function builtWith(folders: readonly string[]): string[] {
  const referred = folders.flatMap((folder) =>
    referencesOf(`${folder}/tsconfig.json`).map(({ path }) => join(folder, path)),
  );
  const all = [...new Set([...folders, ...referred])];
  return all.length === folders.length ? all : builtWith(all);
}

test('every project is built, without a list of them', () => {
  expect(rootManifest.scripts?.['build']).toBe('tsc -b libs/*/tsconfig.json services/*/tsconfig.json');
  const named = projects.map(({ folder }) => folder).filter((folder) => /^(libs|services)\//.test(folder));
  expect(named.toSorted()).toEqual(projects.map(({ folder }) => folder).toSorted());
  expect(builtWith(['services/audit'])).not.toContain('services/health');
});

test('what stands outside the projects imports what the root names', () => {
  const outside = files.filter((path) => /^(test\/.*|[^/]+)\.(ts|js)$/.test(path));
  const named = [...Object.keys(rootManifest.devDependencies ?? {}), ...folderOf.keys()];
  const foreign = outside.flatMap((path) =>
    specifiers(read(path))
      .filter((name) => !/^(\.|node:)/.test(name) && !named.includes(packageOf(name)))
      .map((name) => `${path} imports ${name}`),
  );
  expect(foreign).toEqual([]);
});

test('shipped code speaks to a broker through its carrier alone', () => {
  const shipped = files.filter(
    (path) => /^(libs|services)\/.*\.ts$/.test(path) && !/\.(spec|fixtures)\.ts$/.test(path),
  );
  const clients = shipped.filter((path) => specifiers(read(path)).some((name) => packageOf(name) === 'kafkajs'));
  expect(new Set(clients.map((path) => path.split('/src/')[0]))).toEqual(new Set(['libs/carrier-kafka']));
});

describe('these checks fire', () => {
  const project = {
    folder: 'libs/tea',
    manifest: { name: '@ihala/tea', dependencies: { '@ihala/cup': '1', mint: '1' } },
  };
  const source = (text: string, path = 'libs/tea/src/tea.ts'): Source => ({ path, text });
  const differences = (
    text: string,
    path?: string,
    manifestOf: (name: string) => Manifest | undefined = () => undefined,
  ) => packageDifferences(project, [source(text, path)], { name: 'root', devDependencies: { sieve: '1' } }, manifestOf);
  const both = "import '@ihala/cup'; import 'mint';";

  test('on a package that is not named, however it is imported', () => {
    for (const code of [
      "import 'sugar';",
      "export * from 'sugar';",
      "await import('sugar');",
      "type S = import('sugar').S;",
    ])
      expect(differences(`${both} ${code}`)).toEqual(['libs/tea imports sugar, unnamed']);
  });

  test('on a package that is named for nothing', () => {
    expect(differences("import '@ihala/cup';")).toEqual(['libs/tea names mint for nothing']);
  });

  test('on a package of the tests in shipped code', () => {
    expect(differences(`${both} import 'sieve';`)).toEqual(['libs/tea imports sieve, unnamed']);
    expect(differences(`import 'sieve'; import 'sugar';`, 'libs/tea/src/tea.spec.ts')).toContain(
      'libs/tea tests with sugar, unnamed',
    );
  });

  test('not on a peer that a named package asks for', () => {
    const cup: Manifest = { name: '@ihala/cup', peerDependencies: { mint: '1' } };
    expect(differences("import '@ihala/cup';", undefined, (name) => (name === cup.name ? cup : undefined))).toEqual([]);
  });

  test('on a reference that is missing, or one too many', () => {
    const where = new Map([['@ihala/cup', 'libs/cup']]);
    expect(referenceDifferences(project, [{ path: '../cup' }], where)).toEqual([]);
    expect(referenceDifferences(project, [], where)).toEqual(['libs/tea does not refer to libs/cup']);
    expect(referenceDifferences(project, [{ path: '../cup' }, { path: '../pot' }], where)).toEqual([
      'libs/tea refers to libs/pot, which it does not name',
    ]);
  });

  test('on a deep path, save a conformance suite in a test', () => {
    expect(deepPaths(source("import '@ihala/cup/src/rim.js';"))).toEqual([
      'libs/tea/src/tea.ts reaches into @ihala/cup/src/rim.js',
    ]);
    expect(deepPaths(source("import '@ihala/cup/conformance';"))).toHaveLength(1);
    expect(deepPaths(source("import '@ihala/cup/conformance';", 'libs/tea/src/tea.spec.ts'))).toEqual([]);
  });
});
