import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { seedOf } from './chance.js';
import { mutations as distributedMutations } from './distributed/mutations.js';
import { distributedRuns } from './distributed/runs.js';
import { describe } from './finding.js';
import { mutant } from './mutant.js';
import { type Mutation, mutations } from './mutations.js';
import { embeddedRuns, type Result, type RunPlan, type Runs } from './runs.js';

interface Engine {
  readonly mutations: Readonly<Record<string, Mutation<string>>>;
  readonly runs: (plan: RunPlan) => Runs;
}

const engines: Readonly<Record<string, Engine>> = {
  embedded: { mutations, runs: embeddedRuns },
  distributed: { mutations: distributedMutations, runs: distributedRuns },
};

const help = `npm run faults -- [options]

  --engine E       embedded (default), or distributed: on MongoDB, Kafka and Redis of its own
  --cycles N       kills of the embedded engine's server under load (default 20)
  --seeds N        plans of faults of the distributed engine, from the seed on (default 20)
  --only RUN       one run; default: all. Embedded: kill, points or cut; distributed: seeds, or the moment of a fault:
                   relay, observer, commit, crash, clock or view
  --seed S         plays the same plan again; the environment's SEED does too
  --mutate NAME    puts a fault into a copy of the product; 0 if it is found. all: each of them
  --help

Mutations:
${Object.entries(engines)
  .flatMap(([engine, { mutations: of }]) => [`  ${engine}`, ...Object.entries(of).map(toldMutation)])
  .join('\n')}
`;

function toldMutation([name, { effect }]: readonly [string, Mutation<string>]): string {
  return `    ${name.padEnd(28)} ${effect}`;
}

const options = {
  engine: { type: 'string', default: 'embedded' },
  cycles: { type: 'string', default: '20' },
  seeds: { type: 'string', default: '20' },
  only: { type: 'string' },
  seed: { type: 'string' },
  mutate: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

const say = (line: string) => void process.stderr.write(`${line}\n`);

async function suite(engine: Engine, plan: RunPlan, only: string | undefined): Promise<boolean> {
  const { runs, end } = engine.runs(plan);
  const chosen = Object.entries(runs).filter(([name]) => only === undefined || name === only);
  if (chosen.length === 0) throw new Error(`there is no run ${only}`);
  const results: Result[] = [];
  try {
    for (const [name, run] of chosen) {
      const began = Date.now();
      const result = await run();
      results.push({ ...result, told: `${name}: ${result.told}, ${Math.round((Date.now() - began) / 1000)} s` });
      tell(result);
    }
  } finally {
    await end();
  }
  const found = results.flatMap(({ findings }) => findings).length;
  process.stdout.write(`${results.map(({ told }) => told).join('\n')}\nseed ${plan.seed}: ${found} findings\n`);
  return found === 0;
}

function tell({ findings, kept }: Result): void {
  for (const finding of findings.slice(0, 20)) say(describe(finding));
  if (kept.length > 0) say(`kept: ${kept.join(' ')}`);
}

/** Whether the suite finds the fault, by a check that is named for it. */
async function isCaught(engine: Engine, name: string, plan: RunPlan): Promise<boolean> {
  const mutation = engine.mutations[name];
  if (!mutation) throw new Error(`there is no mutation ${name}`);
  const product = mutant(mutation);
  const { runs, end } = engine.runs({ ...plan, product });
  try {
    const { findings, kept } = await runs[mutation.caughtBy]!();
    for (const folder of kept) rmSync(folder, { recursive: true, force: true });
    const [finding] = findings.filter(({ check }) => mutation.finds.includes(check));
    process.stdout.write(`${name}: ${finding ? `found: ${describe(finding)}` : 'NOT FOUND'}\n`);
    if (!finding) tell({ findings, kept: [], told: '' });
    return finding !== undefined;
  } finally {
    await end();
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
  const engine = engines[values.engine];
  if (!engine) throw new Error(`there is no engine ${values.engine}`);
  const seed = seedOf(values.seed);
  say(`seed ${seed}`);
  const plan = { seed, say, cycles: Number(values.cycles), seeds: Number(values.seeds) };
  if (values.mutate === undefined) return suite(engine, plan, values.only);
  const names = values.mutate === 'all' ? Object.keys(engine.mutations) : [values.mutate];
  let caught = true;
  for (const name of names) caught = (await isCaught(engine, name, { ...plan, cycles: 12 })) && caught;
  return caught;
}

process.exitCode = (await main()) ? 0 : 1;
