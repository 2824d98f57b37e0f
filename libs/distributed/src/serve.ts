import 'reflect-metadata';
import { DevIssuer, devIssuerAllowed, loadDeployment } from '@ihala/access';
import { KeyEncryptionKey } from '@ihala/privacy';
import {
  build,
  commandLine,
  type Deployable,
  MetricsRegistry,
  type Process,
  RequestLimits,
  say,
  serviceLogger,
  settingsOr,
  startProcess,
  untilStopped,
  UsageError,
} from '@ihala/service-kit';
import { startTracing } from '@ihala/telemetry';
import { DistributedEngine } from './distributed-engine.js';
import { prepareServers } from './prepare-servers.js';
import { readSettings, type Settings } from './settings.js';
import { distributedFailureOf } from './start-failure.js';
import { usageOf } from './usage.js';

/** Runs one replica of a service on the distributed engine, or prepares the servers for it. Settings come from the environment. */
export function serve(deployable: Deployable): void {
  const { name } = deployable.blueprint;
  commandLine(usageOf(name), { migrate: { type: 'boolean' } }, async ({ migrate }, positionals) => {
    if (positionals.length > 0) throw new UsageError(`${positionals[0]}: settings come from the environment`);
    const settings = settingsOr(() => readSettings(process.env), distributedFailureOf);
    await untilStopped({
      name,
      logLevel: settings.IHALA_LOG_LEVEL,
      start: () => (migrate ? prepare(name, settings) : start(deployable, settings)),
      failure: distributedFailureOf,
    });
  });
}

async function prepare(name: string, settings: Settings): Promise<never> {
  await prepareServers(settings, name);
  say(`the servers are ready for ${name}`);
  process.exit(0);
}

async function start(deployable: Deployable, settings: Settings): Promise<Process> {
  const { name } = deployable.blueprint;
  const { IHALA_LOG_LEVEL: logLevel, IHALA_SECTORS: sectors, IHALA_HOST: host } = settings;
  const deployment = loadDeployment(settings.IHALA_CONFIG);
  const enabled = settings.IHALA_DEV_ISSUER === '1';
  const devIssuer = devIssuerAllowed({ enabled, host, issuers: deployment.issuers })
    ? await DevIssuer.create(deployment, settings.IHALA_DEV_ISSUER_KEY)
    : undefined;
  const key = KeyEncryptionKey.parse(settings.IHALA_KEK);
  const secret = (purpose: string) => key.derive(purpose);
  const metrics = new MetricsRegistry();
  metrics.describeProcess(build);
  const services = ['cases', ...sectors, 'audit'];
  const logger = serviceLogger(name, logLevel);
  const tracing = await startTracing(process.env, logger);
  const engine = await DistributedEngine.start(key, { settings, services, logger });
  const limits = new RequestLimits({
    perMinute: settings.IHALA_RATE_LIMIT,
    streams: settings.IHALA_STREAM_LIMIT,
    onLimited: (limit) => metrics.limited(limit),
    shared: engine.sharedWindow(secret('limits')),
  });
  const running = await startProcess({
    name,
    deployables: [deployable],
    listen: { port: settings.PORT, host },
    trustedProxies: settings.IHALA_TRUSTED_PROXIES,
    ...{ engine, sectors, deployment, devIssuer, metrics, tracing, limits, logLevel, secret },
  });
  say(`Ihala (إحالة): ${name} is ready at ${running.url}`);
  return running;
}
