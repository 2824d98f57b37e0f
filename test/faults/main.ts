import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { seedOf } from './chance.js';
import { describe, type Finding } from './finding.js';
import { killLoop } from './kill-loop.js';
import { mutant } from './mutant.js';
import { type Mutation, mutations } from './mutations.js';
import { runFaultPoints, runWalCuts } from './runs.js';
import type { Launch } from './server.js';

const help = `npm run faults -- [options]

  --cycles N       kills of the server under load (default 20)
  --only RUN       kill, points or cut; default: all three
  --seed S         plays the same plan again; the environment's SEED does too
  --mutate NAME    puts a fault into a copy of the product; 0 if it is found. all: each of them
  --help

Mutations:
${Object.entries(mutations)
  .map(([name, { effect }]) => `  ${name.padEnd(28)} ${effect}`)
  .join('\n')}
`;

const options = {
  cycles: { type: 'string', default: '20' },
  only: { type: 'string' },
  seed: { type: 'string' },
  mutate: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

interface Result {
  readonly findings: readonly Finding[];
  readonly kept: readonly string[];
  readonly told: string;
}

const say = (line: string) => void process.stderr.write(`${line}\n`);

/** The three runs, by name. */
function runs(seed: number, cycles: number, launch?: Launch): Record<Mutation['caughtBy'], () => Promise<Result>> {
  const run = { seed, say, ...(launch && { launch }) };
  return {
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
      return {
        ...(await runWalCuts({ ...run, ...size })),
        told: `${size.images * size.cuts} cuts, as many changed bytes`,
      };
    },
  };
}

async function suite(seed: number, cycles: number, only: string | undefined): Promise<boolean> {
  const all = runs(seed, cycles);
  const chosen = Object.entries(all).filter(([name]) => only === undefined || name === only);
  if (chosen.length === 0) throw new Error(`there is no run ${only}`);
  const results: Result[] = [];
  for (const [name, run] of chosen) {
    const began = Date.now();
    const result = await run();
    results.push({ ...result, told: `${name}: ${result.told}, ${Math.round((Date.now() - began) / 1000)} s` });
    tell(result);
  }
  const found = results.flatMap(({ findings }) => findings).length;
  process.stdout.write(`${results.map(({ told }) => told).join('\n')}\nseed ${seed}: ${found} findings\n`);
  return found === 0;
}

function tell({ findings, kept }: Result): void {
  for (const finding of findings.slice(0, 20)) say(describe(finding));
  if (kept.length > 0) say(`kept: ${kept.join(' ')}`);
}

/** Whether the suite finds the fault, by a check that is named for it. */
async function isCaught(name: string, seed: number): Promise<boolean> {
  const mutation = mutations[name];
  if (!mutation) throw new Error(`there is no mutation ${name}`);
  const product = mutant(mutation);
  try {
    const { findings, kept } = await runs(seed, 12, { product })[mutation.caughtBy]();
    for (const folder of kept) rmSync(folder, { recursive: true, force: true });
    const [finding] = findings.filter(({ check }) => mutation.finds.includes(check));
    process.stdout.write(`${name}: ${finding ? `found: ${describe(finding)}` : 'NOT FOUND'}\n`);
    if (!finding) tell({ findings, kept: [], told: '' });
    return finding !== undefined;
  } finally {
    rmSync(product, { recursive: true });
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

async function main(): Promise<boolean> {
  const { values } = parseArgs({ options });
  if (values.help) {
    process.stdout.write(help);
    return true;
  }
  const seed = seedOf(values.seed);
  say(`seed ${seed}`);
  if (values.mutate === undefined) return suite(seed, Number(values.cycles), values.only);
  const names = values.mutate === 'all' ? Object.keys(mutations) : [values.mutate];
  let caught = true;
  for (const name of names) caught = (await isCaught(name, seed)) && caught;
  return caught;
}

process.exitCode = (await main()) ? 0 : 1;
