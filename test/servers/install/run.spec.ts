import { expect, it } from '@jest/globals';
import { find, run } from './run.js';

it('gives what a command printed', async () => {
  expect(await run('sh', ['-c', 'echo mint'])).toBe('mint\n');
});

it('tells the last words of one that failed', async () => {
  await expect(run('sh', ['-c', 'echo no water >&2; exit 3'])).rejects.toThrow('sh failed: no water');
});

it('names a program that is missing', () => {
  expect(() => find('samovar')).toThrow('samovar is not on the PATH');
  expect(find('sh')).toMatch(/^\/.*sh$/);
});
