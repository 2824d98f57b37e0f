import ts from 'typescript';
import { isTest, type Manifest, type Project } from './workspace.js';

export interface Source {
  readonly path: string;
  readonly text: string;
}

/** What a source loads, in whatever form: import, export from, import(), types, require. */
export const specifiers = (text: string) =>
  ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);

/** `@ihala/event-log/conformance` → `@ihala/event-log` */
export const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const packagesOf = (sources: readonly Source[]) =>
  new Set(
    sources.flatMap(({ text }) =>
      specifiers(text)
        .filter((name) => !/^(\.|node:)/.test(name))
        .map(packageOf),
    ),
  );

/**
 * Differences between what a project imports and what its package.json names.
 * @param manifestOf the manifest of an installed package, for what its peers ask for
 */
export function packageDifferences(
  { folder, manifest }: Project,
  sources: readonly Source[],
  root: Manifest,
  manifestOf: (name: string) => Manifest | undefined,
): string[] {
  const named = Object.keys(manifest.dependencies ?? {});
  const namedForTests = Object.keys(manifest.devDependencies ?? {});
  const shipped = packagesOf(sources.filter(({ path }) => !isTest(path)));
  const tested = packagesOf(sources.filter(({ path }) => isTest(path)));
  const peers = new Set(named.flatMap((name) => Object.keys(manifestOf(name)?.peerDependencies ?? {})));
  const known = [manifest.name, ...named, ...namedForTests, ...Object.keys(root.devDependencies ?? {})];
  return [
    ...[...shipped].filter((name) => !named.includes(name)).map((name) => `${folder} imports ${name}, unnamed`),
    ...[...tested].filter((name) => !known.includes(name)).map((name) => `${folder} tests with ${name}, unnamed`),
    ...named
      .filter((name) => !shipped.has(name) && !peers.has(name))
      .map((name) => `${folder} names ${name} for nothing`),
    ...namedForTests.filter((name) => !tested.has(name)).map((name) => `${folder} names ${name} for no test`),
  ];
}

/** Differences between the workspace packages that a project names and the projects that its tsconfig.json refers to. */
export function referenceDifferences(
  { folder, manifest }: Project,
  references: readonly { readonly path: string }[],
  folderOf: ReadonlyMap<string, string>,
): string[] {
  const wanted = Object.keys(manifest.dependencies ?? {}).flatMap((name) => folderOf.get(name) ?? []);
  const present = references.map(({ path }) => new URL(path, `file:///${folder}/`).pathname.slice(1));
  return [
    ...wanted.filter((path) => !present.includes(path)).map((path) => `${folder} does not refer to ${path}`),
    ...present
      .filter((path) => !wanted.includes(path))
      .map((path) => `${folder} refers to ${path}, which it does not name`),
  ];
}

/** Paths inside another library; only its conformance suite stands beside its index. */
export const deepPaths = ({ path, text }: Source) =>
  specifiers(text)
    .filter((name) => name.startsWith('@ihala/') && name !== packageOf(name))
    .filter((name) => !(isTest(path) && name.endsWith('/conformance')))
    .map((name) => `${path} reaches into ${name}`);
