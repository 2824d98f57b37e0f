import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Cluster } from './cluster.js';
import { Proxy } from './proxy.js';

const usage = `npm run start:distributed [-- --help]

Builds Ihala and starts all services as separate processes, two of each, on a real MongoDB, Kafka and Redis that it starts as
well (or that IHALA_TEST_MONGODB, IHALA_TEST_KAFKA and IHALA_TEST_REDIS name), behind one port. For trying the distributed
engine out on one machine; docs/deployment.md says how it is run for real. Ctrl-C (SIGINT, SIGTERM) ends all of it.

  PORT            port; 0 takes a free one (default 3000)
  IHALA_DATA      folder for keys and the processes’ logs (default: a temporary one); what servers started here hold ends with them
  IHALA_REPLICAS  processes of each service (default 2)
`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { PORT = '3000', IHALA_DATA, IHALA_REPLICAS = '2' } = process.env;
  const folder = IHALA_DATA || mkdtempSync(join(tmpdir(), 'ihala-distributed-'));
  const cluster = await Cluster.start({ folder, replicas: Number(IHALA_REPLICAS), onProgress: say });
  const proxy = new Proxy(cluster);
  const url = await proxy.listen(Number(PORT));
  say(`Ihala (إحالة) is ready at ${url}`);
  say(`  processes      ${cluster.replicas.length}, their logs in ${folder}`);
  say(`  tokens         POST ${url}/dev/token {"agency":"oim","roles":["caseworker"]}`);
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    say(`${signal}: finishing what is under way`);
    const ended = proxy.close().then(() => cluster.stop());
    void ended.finally(() => {
      if (!IHALA_DATA) rmSync(folder, { recursive: true, force: true });
      process.exit(0);
    });
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
}

if (parseArgs({ options: { help: { type: 'boolean', short: 'h' } } }).values.help) process.stdout.write(usage);
else {
  await main().catch((error: unknown) => {
    process.stderr.write(`Ihala could not start: ${(error as Error).message}\n`);
    process.exit(1);
  });
}
