import { beforeAll, expect, it, jest } from '@jest/globals';
import { program } from './program.js';
import { build } from './server-process.js';

jest.setTimeout(60_000);
beforeAll(build, 120_000);

it('the demonstration plays its story to the end', async () => {
  const { code, out, err } = await program('demo', '--lang', 'en');
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/\n\d+ steps played, all answered as expected\n$/);
});

it('the demonstration explains itself, also to who calls it wrongly', async () => {
  const { code, out } = await program('demo', '--help');
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/npm run demo \[-- .*\nexit codes: 0 .* · 1 .* · 2 called wrongly\n$/s),
  ]);
  for (const [wrong, said] of [
    [['--lang', 'de'], '--lang takes fr, ar or en, not de'],
    [['--frob'], 'frob'],
    [['en'], 'en'],
  ] as const) {
    const ended = await program('demo', ...wrong);
    expect(ended).toMatchObject({ code: 2, out: '', err: expect.stringContaining(said) });
    expect(ended.err).toContain('npm run demo [-- --lang fr|ar|en]');
  }
});
