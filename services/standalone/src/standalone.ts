import { join } from 'node:path';
import { DevIssuer, devIssuerAllowed, loadDeployment } from '@ihala/access';
import { loadKeyEncryptionKey } from '@ihala/privacy';
import {
  build,
  type Environment,
  MetricsRegistry,
  type Patience,
  type Process,
  RequestLimits,
  startProcess,
  type Tracing,
} from '@ihala/service-kit';
import { keyringName } from './data-folder.js';
import { deployablesOf } from './deployables.js';
import { EmbeddedEngine } from './embedded-engine.js';
import { findSectors, servicesFolder } from './sectors.js';
import { prepareDataFolder } from './start-failure.js';

export { findSectors, servicesFolder } from './sectors.js';

export interface Standalone extends Process {
  readonly devIssuer: boolean;
}

export interface StartOptions {
  readonly patience?: Patience;
  /** told of a new key-encryption key as soon as it is made, since the start may fail after that */
  readonly onKeyMade?: (file: string) => void;
  readonly tracing?: Tracing;
}

/**
 * Starts every service in this process on the embedded engine, behind one port.
 * @param sectorsIn folders in which sectors lie
 */
export async function startStandalone(
  env: Environment,
  sectorsIn = [servicesFolder],
  { patience, onKeyMade, tracing }: StartOptions = {},
): Promise<Standalone> {
  const sectors = await findSectors(sectorsIn);
  const deployment = loadDeployment(env.IHALA_CONFIG);
  const enabled = env.IHALA_DEV_ISSUER === '1';
  const devIssuer = devIssuerAllowed({ enabled, host: env.IHALA_HOST, issuers: deployment.issuers })
    ? await DevIssuer.create(deployment)
    : undefined;
  const folder = env.IHALA_DATA;
  prepareDataFolder(folder);
  const key = loadKeyEncryptionKey(env.IHALA_KEK, folder, join(folder, keyringName));
  if (key.from === 'made') onKeyMade?.(key.file!);
  const metrics = new MetricsRegistry();
  metrics.describeProcess(build);
  const limits = new RequestLimits({
    perMinute: env.IHALA_RATE_LIMIT,
    streams: env.IHALA_STREAM_LIMIT,
    onLimited: (limit) => metrics.limited(limit),
  });
  const process = await startProcess({
    name: 'standalone',
    engine: new EmbeddedEngine(folder, key.key),
    deployables: deployablesOf(sectors),
    sectors: sectors.map(({ sector }) => sector),
    secret: (purpose) => key.key.derive(purpose),
    listen: { port: env.PORT, host: env.IHALA_HOST },
    logLevel: env.IHALA_LOG_LEVEL,
    trustedProxies: env.IHALA_TRUSTED_PROXIES,
    ...{ deployment, devIssuer, metrics, tracing, limits, patience },
  });
  return { ...process, devIssuer: devIssuer !== undefined };
}
