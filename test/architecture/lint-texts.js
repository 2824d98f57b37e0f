// Lints texts as if they stood at a path of this project, and prints which rules fired.
// In a process of its own: Nx and typescript-eslint do not run inside Jest's module sandbox.
import { text } from 'node:stream/consumers';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const withoutTypes = new ESLint({ overrideConfig: [{ files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked }] });
const withTypes = new ESLint();

const results = [];
for (const { path, code, typed } of JSON.parse(await text(process.stdin))) {
  // only a file that exists belongs to a program, and has types
  const eslint = typed ? withTypes : withoutTypes;
  const [result] = await eslint.lintText(code, { filePath: path });
  results.push(result ? result.messages.map(({ ruleId, message }) => ruleId ?? message) : ['file is ignored']);
}
process.stdout.write(JSON.stringify(results));
