import { setTimeout as pause } from 'node:timers/promises';
import { Chance } from './chance.js';
import type { Finding } from './finding.js';
import { type Entry, verdictOf } from './ledger.js';
import type { Launch } from './server.js';
import { Trial } from './trial.js';

export interface KillPlan {
  readonly seed: number;
  readonly cycles: number;
  readonly launch?: Launch;
  /** told after every cycle */
  readonly say?: (line: string) => void;
}

export interface Report {
  readonly findings: Finding[];
  /** folders left for a look */
  readonly kept: string[];
  cycles: number;
  acknowledged: number;
  /** how many were under way when the server was killed */
  inDoubt: number;
  /** of those and of the ones cut off, how many had been done, as their repeat then said */
  doneUnanswered: number;
  /** all that was spent on starting */
  startMs: number;
}

/** A folder sees so many kills; then the next one begins, so that checking it again and again stays cheap. */
const killsOfFolder = 20;

/** Kills the server again and again under load, at moments that chance chooses, and checks the folder each time. */
export async function killLoop({ seed, cycles, launch, say = () => undefined }: KillPlan): Promise<Report> {
  const report: Report = {
    ...{ findings: [], kept: [] },
    ...{ cycles: 0, acknowledged: 0, inDoubt: 0, doneUnanswered: 0, startMs: 0 },
  };
  while (report.cycles < cycles && report.findings.length === 0) {
    const chance = new Chance(seed, ['folder', report.cycles]);
    const trial = new Trial(chance, launch);
    const { ledger } = trial.load.post;
    try {
      const last = Math.min(cycles, report.cycles + killsOfFolder);
      while (report.cycles < last && report.findings.length === 0) {
        await killOnce(trial, chance.of('kill', report.cycles), report);
        say(`cycle ${report.cycles} of ${cycles}: ${ledger.acknowledged} acknowledged in this folder`);
      }
      if (report.findings.length === 0) report.findings.push(...(await trial.settle()));
      report.acknowledged += ledger.acknowledged;
      report.doneUnanswered += ledger.entries.filter(({ acknowledged }) => acknowledged[0]?.replayed).length;
    } finally {
      report.kept.push(...(await trial.clear()));
    }
  }
  return report;
}

async function killOnce(trial: Trial, chance: Chance, report: Report): Promise<void> {
  const began = Date.now();
  const started = trial.start();
  // now and then it does not live to be ready
  if (chance.happens(0.1)) await Promise.race([started, pause(chance.between(50, 900))]);
  else {
    if (!(await started)) report.findings.push({ check: 'start', file: trial.folder, what: 'does not start' });
    report.startMs += Date.now() - began;
    await pause(chance.between(20, 600));
  }
  await trial.kill();
  await started;
  report.cycles += 1;
  report.inDoubt += trial.load.post.ledger.entries.filter(isUnanswered).length;
  report.findings.push(...trial.check());
}

const isUnanswered = (entry: Entry): boolean => entry.sent > 0 && verdictOf(entry) === 'at-most-once';
