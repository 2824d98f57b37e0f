import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { describeWith } from '@ihala/test-servers';
import { build } from '../e2e/server-process.js';

const root = resolve(import.meta.dirname, '../..');
const hook = resolve(root, 'libs/event-log-sqlite/src/typescript.fixtures.mjs');
const FIGURES = [
  ...['append-1', 'append-32', 'load-decide-append', 'rebuild', 'seal', 'unseal'],
  ...['rest-send', 'rest-acknowledge', 'rest-accept', 'rest-list', 'rest-timeline'],
];

beforeAll(build, 120_000);

async function bench(...options: readonly string[]): Promise<string> {
  const script = resolve(import.meta.dirname, 'main.ts');
  const flags = ['--disable-warning=ExperimentalWarning', '--import', hook];
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, ...options], { cwd: root, env });
  return stdout;
}

const positive = expect.any(Number);

interface Told {
  readonly results: readonly {
    readonly name: string;
    readonly results: readonly { readonly events: number; readonly ours: number; readonly floor: number }[];
  }[];
}

describe('the bench', () => {
  it('gives every figure at every size, its floor and their ratio', async () => {
    const { results } = JSON.parse(await bench('--json', '--sizes', '300,600', '--rounds', '1', '--ms', '10')) as Told;
    expect(results.map(({ name }) => name)).toEqual(FIGURES);
    for (const { results: sizes } of results) {
      expect(sizes).toEqual(
        [300, 600].map((events) => ({ events, ours: positive, floor: positive, ratio: positive, growth: positive })),
      );
      for (const { ours, floor } of sizes) expect(Math.min(ours, floor)).toBeGreaterThan(0);
    }
  }, 120_000);

  it('prints them for people, and takes one alone', async () => {
    const text = await bench('--only', 'append-1', '--sizes', '300', '--rounds', '1', '--ms', '10');
    expect(text).toMatch(/^append-1 +300 +[\d,.]+ +[\d,.]+ +\d+\.\d\d +0\.8 +1\.00/m);
    expect(text).toContain('floor: raw insert');
  }, 60_000);

  it('says how it is used, and what it does not know', async () => {
    expect(await bench('--help')).toContain('--sizes');
    await expect(bench('--engine', 'steam')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('steam'),
    });
    await expect(bench('--only', 'append-2')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('append-2'),
    });
  }, 60_000);
});

await describeWith('mongodb', 'the bench of the distributed engine', () => {
  it('gives its figures beside those of the bare driver', async () => {
    const options = ['--engine', 'distributed', '--json', '--sizes', '300', '--rounds', '1', '--ms', '10'];
    const { results } = JSON.parse(await bench(...options, '--only', 'append-1,append-100,load-decide-append')) as Told;
    expect(results).toMatchObject(
      ['append-1', 'append-100', 'load-decide-append'].map((name) => ({
        name,
        results: [{ events: 300, ours: positive, floor: positive, ratio: positive }],
      })),
    );
  }, 120_000);
});

await describeWith('kafka', 'the bench of the carrier', () => {
  it('gives what it does beside its floor', async () => {
    const options = ['--engine', 'distributed', '--sizes', '300', '--rounds', '1', '--ms', '10', '--json'];
    const { results } = JSON.parse(await bench(...options, '--only', 'relay,observe')) as Told;
    expect(results.map(({ name }) => name)).toEqual(['relay', 'observe']);
    for (const { results: sizes } of results) {
      for (const { ours, floor } of sizes) expect(Math.min(ours!, floor!)).toBeGreaterThan(0);
    }
  }, 120_000);
});
