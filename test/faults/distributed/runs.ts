import { Chance } from '../chance.js';
import type { Result, RunPlan, Runs } from '../runs.js';
import { runSeeds } from './seeds.js';
import { Servers } from './servers.js';
import { type Trial, trials } from './trials.js';

/** The runs against the distributed engine, by name. They share servers, which are there from the first run to the end. */
export function distributedRuns({ seed, seeds, say, product }: RunPlan): Runs {
  let started: Promise<Servers> | undefined;
  const servers = () => (started ??= Servers.start());
  const one = (name: string, trial: Trial) => async (): Promise<Result> => {
    const chance = new Chance(seed, ['trial', name]);
    return { ...(await trial({ servers: await servers(), chance, ...(product && { product }) })), told: 'a moment' };
  };
  return {
    runs: {
      async seeds() {
        const report = await runSeeds({ servers: await servers(), seed, seeds, say });
        return { ...report, told: `${report.seeds} seeds: ${report.acknowledged} commands acknowledged` };
      },
      ...Object.fromEntries(Object.entries(trials).map(([name, trial]) => [name, one(name, trial)])),
    },
    async end() {
      await (await started)?.stop();
    },
  };
}
