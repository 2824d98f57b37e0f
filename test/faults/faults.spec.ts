import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { build } from '../e2e/server-process.js';
import { Chance, seedOf } from './chance.js';
import { check } from './checker.js';
import { copyFolder } from './data-folder.js';
import type { Entry } from './ledger.js';
import { killLoop } from './kill-loop.js';
import { mutant } from './mutant.js';
import { mutations } from './mutations.js';
import { runWalCuts } from './runs.js';
import { Trial } from './trial.js';

const seed = seedOf();
const playedAgain = `SEED=${seed} plays it again`;
beforeAll(build, 120_000);

describe(`a server that is killed (${playedAgain})`, () => {
  it('keeps every acknowledged command once, in order, and does what follows from it once', async () => {
    const { findings, cycles, acknowledged } = await killLoop({ seed, cycles: 4 });
    expect(findings).toEqual([]);
    expect([cycles, acknowledged > 0]).toEqual([4, true]);
  }, 120_000);

  it('opens a folder whose write-ahead log was cut or damaged, with what was acknowledged before', async () => {
    expect((await runWalCuts({ seed, images: 1, cuts: 3 })).findings).toEqual([]);
  }, 120_000);
});

describe('a fault put into the product', () => {
  const kept: string[] = [];
  afterAll(() => kept.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

  it.each(['acknowledge-before-commit', 'react-without-command-id'])(
    `is found: %s (${playedAgain})`,
    async (name) => {
      const mutation = mutations[name]!;
      const product = mutant(mutation);
      kept.push(product);
      const report = await killLoop({ seed, cycles: 12, launch: { product } });
      kept.push(...report.kept);
      expect(report.findings.map((finding) => finding.check)).toEqual(
        expect.arrayContaining([expect.stringMatching(mutation.finds.join('|'))]),
      );
    },
    120_000,
  );

  it.each(Object.entries(mutations))('can be put in: %s', (_, mutation) => {
    rmSync(mutant(mutation), { recursive: true });
  });
});

describe('the checker', () => {
  const folders: string[] = [];
  let whole: string;
  let entries: readonly Entry[];
  beforeAll(async () => {
    const trial = new Trial(new Chance(3, ['tampered']));
    await trial.start();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await trial.kill();
    expect(await trial.settle()).toEqual([]);
    whole = trial.beside();
    copyFolder(trial.folder, whole);
    entries = trial.load.post.ledger.entries;
    trial.keep();
    folders.push(...(await trial.clear()));
  }, 120_000);
  afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

  const newest = '(SELECT max(sequence) FROM events WHERE source IS NULL)';
  const copy = "(SELECT max(position) FROM events WHERE source = 'cases')";
  it.each([
    ['acknowledged-missing', 'cases', 'DELETE FROM events WHERE source IS NULL'],
    ['position-gap', 'cases', 'DELETE FROM events WHERE position = 3'],
    [
      'sequence-gap',
      'cases',
      `UPDATE events SET sequence = sequence + 1 WHERE source IS NULL AND sequence = ${newest}`,
    ],
    ['command-row-missing', 'cases', 'DELETE FROM commands'],
    ['copy-behind', 'audit', `DELETE FROM events WHERE position = ${copy}`],
    ['copy-differs', 'audit', `UPDATE events SET body = replace(body, 'oim', 'hcr') WHERE source = 'cases'`],
  ])('finds what was done to a log: %s', (finding, service, sql) => {
    const folder = mkdtempSync(join(tmpdir(), 'ihala-tampered-'));
    folders.push(folder);
    copyFolder(whole, folder);
    expect(check(folder, { entries, settled: true })).toEqual([]);
    const db = new DatabaseSync(join(folder, `${service}.sqlite`));
    const { changes } = db.prepare(sql).run();
    db.close();
    expect(changes).toBeGreaterThan(0);
    expect(check(folder, { entries, settled: true }).map((it) => it.check)).toContain(finding);
  });
});
