import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { race } from './contest.js';
import { toldLife } from './life.js';
import { asJson, asText, type Finding } from './report.js';
import { installPeer } from './peer.js';
import { type Bench, engines, type Place, type Opened, type Stage } from './stages.js';

const namesOf = ({ stages }: Bench) => stages.flatMap(({ contests }) => contests.map(({ name }) => name));

const usage = `npm run bench [-- options]

Measures an engine, and of the embedded one the REST API too, each figure in turn with its floor: the least that the same work could
cost on this machine, with the same rows and the same durability. Prints both, their ratio, and how each figure holds
up as the log grows. Progress goes to stderr. Nothing is left behind.

  --engine e        embedded (default), or distributed: MongoDB and Kafka, on real servers that come as in tests
  --peers           also beside @event-driven-io/emmett-sqlite, which is installed on demand (a compiler is needed, and a
                    minute); on 3,000 events of its own, in the same run
  --json            the same as JSON
  --only a,b        some of: ${namesOf(engines.embedded).join(', ')};
                    of the distributed one: ${namesOf(engines.distributed).join(', ')}
  --sizes a,b       events in the log (default ${engines.embedded.sizes}; a million takes 6 GB of disk for a while;
                    of the distributed one ${engines.distributed.sizes})
  --rounds n        how often each is measured (default 7); the median counts
  --ms n            how long a round lasts at least (default 150)
  --folder f        where the data lies (default: in node_modules/.cache, since /tmp is often memory)
  --help            this text
`;

interface Options {
  readonly bench: Bench;
  readonly only: readonly string[];
  readonly sizes: readonly number[];
  readonly rounds: number;
  readonly ms: number;
  readonly folder: string;
  readonly peer?: string;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean' },
      engine: { type: 'string', default: 'embedded' },
      peers: { type: 'boolean' },
      only: { type: 'string' },
      sizes: { type: 'string' },
      rounds: { type: 'string', default: '7' },
      ms: { type: 'string', default: '150' },
      folder: { type: 'string', default: resolve(import.meta.dirname, '../../node_modules/.cache') },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const bench = engines[values.engine as keyof typeof engines] as Bench | undefined;
  if (bench === undefined) throw new Error(`there is no engine ${values.engine}: --help lists them`);
  const names = namesOf(bench);
  const only = values.only?.split(',') ?? names;
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`there is no figure ${unknown}: --help lists them`);
  mkdirSync(values.folder, { recursive: true });
  const folder = mkdtempSync(join(values.folder, 'ihala-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
  const [rounds, ms] = [counted('rounds', values.rounds), counted('ms', values.ms)];
  const sizes = (values.sizes ?? bench.sizes).split(',').map((size) => counted('sizes', size, 200));
  const findings = await measured({
    ...{ bench, only, sizes, rounds, ms, folder },
    ...(values.peers && { peer: installPeer(values.folder, progress) }),
  });
  process.stdout.write(values.json ? asJson(findings) : asText(findings));
}

async function measured(options: Options): Promise<Finding[]> {
  const { bench, folder, sizes, peer } = options;
  progress('playing a case through REST, for rows to multiply');
  const told = await toldLife();
  const places = sizes
    .toSorted((a, b) => a - b)
    .map((events): Place => {
      progress(`filling logs with ${events.toLocaleString('en')} events`);
      const place = { folder: join(folder, String(events)), events, told, ...(peer && { peer }) };
      bench.prepare(place);
      return place;
    });
  const findings: Finding[] = [];
  for (const stage of bench.stages) findings.push(...(await staged(stage, places, options)));
  progress('');
  return findings;
}

async function staged(
  { open, contests }: Stage,
  places: readonly Place[],
  { only, rounds, ms }: Options,
): Promise<Finding[]> {
  const wanted = contests.filter(({ name }) => only.includes(name));
  if (wanted.length === 0) return [];
  const pairs = new Map<number, Opened>();
  const findings: Finding[] = [];
  try {
    for (const place of places) {
      progress(`${wanted[0]!.name}: opening ${place.events.toLocaleString('en')} events`);
      pairs.set(place.events, await open(place));
    }
    for (const contest of wanted) {
      const racing = new Map([...pairs].map(([events, pair]) => [events, pair.lanes(contest.name)]));
      const pace = { rounds: Math.min(rounds, contest.rounds ?? rounds), ms };
      const results = await race(racing, pace, (text) => progress(`${contest.name}: ${text}`));
      findings.push({ contest, results });
    }
  } finally {
    for (const pair of pairs.values()) await pair.close();
  }
  return findings;
}

function counted(option: string, text: string, least = 1): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < least) throw new Error(`--${option} takes whole numbers from ${least}`);
  return count;
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else if (text !== '' && !text.includes(': round ')) process.stderr.write(`${text}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`\n${Error.isError(error) ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
