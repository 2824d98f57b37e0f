// Lets a child process of a test run the TypeScript sources, as Jest does: `node --conditions=@ihala/source --import <this file>`.
import { transformSync } from '@swc/core';
import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

registerHooks({
  resolve(specifier, context, next) {
    const source = /^\..*\.js$/.test(specifier) && new URL(specifier.replace(/js$/, 'ts'), context.parentURL);
    return next(source && existsSync(source) ? source.href : specifier, context);
  },
  load(url, context, next) {
    if (!url.endsWith('.ts')) return next(url, context);
    const { code } = transformSync(readFileSync(fileURLToPath(url), 'utf8'), {
      jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
      module: { type: 'es6' },
    });
    return { format: 'module', source: code, shortCircuit: true };
  },
});
