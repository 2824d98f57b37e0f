import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandLine, say, UsageError } from '@ihala/service-kit';
import { Cluster } from './cluster.js';
import { Proxy } from './proxy.js';

const usage = `npm run start:distributed [-- --help]

Builds Ihala and starts all services as separate processes, two of each, on a real MongoDB, Kafka and Redis that it starts as
well (or that IHALA_TEST_MONGODB, IHALA_TEST_KAFKA and IHALA_TEST_REDIS name), behind one port. For trying the distributed
engine out on one machine; docs/deployment.md says how it is run for real. Ctrl-C (SIGINT, SIGTERM) ends all of it.

  PORT            port; 0 takes a free one (default 3000)
  IHALA_DATA      folder for keys and the processes’ logs (default: a temporary one); what servers started here hold ends with them
  IHALA_REPLICAS  processes of each service (default 2)
  IHALA_CONFIG, IHALA_RATE_LIMIT, IHALA_STREAM_LIMIT, IHALA_LOG_LEVEL   as for npm start
`;

const passedOn = ['IHALA_CONFIG', 'IHALA_RATE_LIMIT', 'IHALA_STREAM_LIMIT', 'IHALA_LOG_LEVEL'];

commandLine(usage, {}, async (_, positionals) => {
  if (positionals.length > 0) throw new UsageError(`${positionals[0]}: settings come from the environment`);
  const [port, replicas] = [wholeNumber('PORT', 3000, 0), wholeNumber('IHALA_REPLICAS', 2, 1)];
  const { IHALA_DATA } = process.env;
  const folder = IHALA_DATA || mkdtempSync(join(tmpdir(), 'ihala-distributed-'));
  if (!IHALA_DATA) process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const env = Object.fromEntries(passedOn.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  // what is still starting ends with this process
  let end = async (): Promise<void> => {};
  const stop = (signal: NodeJS.Signals) => {
    // whoever asks twice does not wait
    for (const again of ['SIGTERM', 'SIGINT']) process.on(again, () => process.exit(1));
    say(`${signal}: finishing what is under way`);
    void end().finally(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  const cluster = await Cluster.start({ folder, replicas, env, onProgress: say });
  const proxy = new Proxy(cluster);
  end = () => proxy.close().then(() => cluster.stop());
  const url = await proxy.listen(port);
  say(`Ihala (إحالة) is ready at ${url}`);
  say(`  processes      ${cluster.replicas.length}, their logs in ${folder}`);
  say(`  tokens         POST ${url}/dev/token {"agency":"oim","roles":["caseworker"]}`);
});

function wholeNumber(name: string, usual: number, least: number): number {
  const value = Number(process.env[name] || usual);
  if (!Number.isSafeInteger(value) || value < least) throw new UsageError(`${name} takes whole numbers from ${least}`);
  return value;
}
