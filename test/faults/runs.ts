import { setTimeout as pause } from 'node:timers/promises';
import { Chance } from './chance.js';
import { check } from './checker.js';
import { failAt, faultPoints } from './fault-points.js';
import type { Finding } from './finding.js';
import { killLoop } from './kill-loop.js';
import type { Launch } from './server.js';
import { Trial } from './trial.js';
import { checkHarmed, checkStart, crashImage, harmed, markedTrial } from './wal-cut.js';

export interface Run {
  readonly seed: number;
  readonly launch?: Launch;
  readonly say?: (line: string) => void;
}

export interface Outcome {
  readonly findings: Finding[];
  /** folders left for a look */
  readonly kept: string[];
}

/** One folder, and a life for every fault point. Ends at the first finding. */
export async function runFaultPoints({ seed, launch, say = () => undefined }: Run): Promise<Outcome> {
  const chance = new Chance(seed, ['points']);
  const trial = new Trial(chance.of('load'), launch);
  const outcome: Outcome = { findings: [], kept: [] };
  try {
    for (const point of faultPoints(chance.of('points'))) {
      outcome.findings.push(...(await failAt(trial, point)));
      say(`fault point ${point.name}`);
      if (outcome.findings.length > 0) return outcome;
    }
    outcome.findings.push(...(await trial.settle()));
  } finally {
    outcome.kept.push(...(await trial.clear()));
  }
  return outcome;
}

/** What is asked of all runs of an engine. */
export interface RunPlan {
  readonly seed: number;
  /** kills of the embedded engine's server */
  readonly cycles: number;
  /** plans of the distributed engine */
  readonly seeds: number;
  readonly say: (line: string) => void;
  /** a built product with a fault put in; left out: this one */
  readonly product?: string;
}

export interface Result {
  readonly findings: readonly Finding[];
  /** folders left for a look */
  readonly kept: readonly string[];
  readonly told: string;
}

export interface Runs {
  readonly runs: Readonly<Record<string, () => Promise<Result>>>;
  /** Ends what they share. */
  end(): Promise<void>;
}

/** The three runs against the embedded engine. */
export function embeddedRuns({ seed, cycles, say, product }: RunPlan): Runs {
  const run = { seed, say, ...(product && { launch: { product } }) };
  return {
    runs: {
      async kill() {
        const report = await killLoop({ ...run, cycles });
        const { acknowledged, inDoubt, doneUnanswered, startMs } = report;
        const told =
          `${report.cycles} kills: ${acknowledged} commands acknowledged, ${inDoubt} under way when killed, ` +
          `${doneUnanswered} done though unanswered, ${Math.round(startMs / report.cycles)} ms to start`;
        return { ...report, told };
      },
      async points() {
        return { ...(await runFaultPoints(run)), told: 'fault points' };
      },
      async cut() {
        const size = { images: 4, cuts: 8 };
        const told = `${size.images * size.cuts} cuts, as many changed bytes`;
        return { ...(await runWalCuts({ ...run, ...size })), told };
      },
    },
    async end() {},
  };
}

export interface CutRun extends Run {
  /** how often the folder is copied while its server works */
  readonly images: number;
  /** how often each copy is cut, and as often a byte of it changed */
  readonly cuts: number;
}

/** Copies of the folder in the middle of the work, their write-ahead logs cut or damaged, one of each started again. */
export async function runWalCuts({ seed, launch, images, cuts, say = () => undefined }: CutRun): Promise<Outcome> {
  const chance = new Chance(seed, ['cuts']);
  const { trial, syncPoints } = markedTrial(chance.of('load'), launch);
  const outcome: Outcome = { findings: [], kept: [] };
  try {
    await trial.start();
    for (let index = 0; index < images && outcome.findings.length === 0; index += 1) {
      await pause(chance.between(100, 600));
      const image = await crashImage(trial, syncPoints);
      outcome.findings.push(...check(image.folder, { entries: image.entries }));
      for (let cut = 0; cut < cuts * 2 && outcome.findings.length === 0; cut += 1) {
        const how = cut % 2 === 0 ? 'cut' : 'flip';
        const folder = trial.beside();
        const left = harmed(image, folder, chance.of(index, cut), how);
        outcome.findings.push(...checkHarmed(image, folder, left));
        if (cut < 2) outcome.findings.push(...(await checkStart(folder, launch)));
      }
      say(
        `image ${index + 1} of ${images}: ${image.syncPoints.size} acknowledged, ${cuts} cuts, ${cuts} changed bytes`,
      );
    }
    if (outcome.findings.length > 0) trial.keep();
  } finally {
    outcome.kept.push(...(await trial.clear()));
  }
  return outcome;
}
