import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import ts from 'typescript';
import type { Mutation } from './mutations.js';
import { root } from './server.js';

/** A copy of the built product with the mutation in it. @returns its folder @throws Error when a text to replace is not there, once */
export function mutant({ path, replace }: Pick<Mutation, 'path' | 'replace'>): string {
  const source = replace.reduce(
    (text, [from, to]) => replaced(path, text, from, to),
    readFileSync(join(root, path), 'utf8'),
  );
  const folder = mkdtempSync(join(tmpdir(), 'ihala-mutant-'));
  copyProduct(folder);
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), (file) => readFileSync(file, 'utf8')) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  // as for one file alone, which can't tell by its package that it is a module
  const compilerOptions = {
    ...options,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const { outputText } = ts.transpileModule(source, { compilerOptions, fileName: path });
  writeFileSync(join(folder, path.replace('/src/', '/dist/').replace(/\.ts$/, '.js')), outputText);
  return folder;
}

function replaced(path: string, text: string, from: string, to: string): string {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`${path} has ${parts.length - 1} times: ${from}`);
  return parts.join(to);
}

/** What was built, with packages of others linked; our own link to the copy. */
function copyProduct(folder: string): void {
  const packages = join(root, 'node_modules');
  mkdirSync(join(folder, 'node_modules/@ihala'), { recursive: true });
  for (const name of readdirSync(packages).filter((name) => !name.startsWith('.') && name !== '@ihala')) {
    symlinkSync(join(packages, name), join(folder, 'node_modules', name));
  }
  for (const group of ['libs', 'services']) {
    for (const name of readdirSync(join(root, group))) {
      const filter = (file: string) => !['src', 'node_modules'].includes(basename(file));
      cpSync(join(root, group, name), join(folder, group, name), { recursive: true, filter });
      const manifest = JSON.parse(readFileSync(join(folder, group, name, 'package.json'), 'utf8')) as { name: string };
      symlinkSync(join(folder, group, name), join(folder, 'node_modules', manifest.name));
    }
  }
}
