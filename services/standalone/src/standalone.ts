import { join } from 'node:path';
import { DevIssuer, devIssuerAllowed, loadDeployment } from '@ihala/access';
import { loadKeyEncryptionKey } from '@ihala/privacy';
import {
  createApp,
  type Environment,
  MetricsRegistry,
  openApiOf,
  RequestLimits,
  type Service,
  serviceLogger,
} from '@ihala/service-kit';
import type { OpenAPIObject } from '@nestjs/swagger';
import { keyringName } from './data-folder.js';
import { serveDocumentation } from './documentation.js';
import { Front, type Patience } from './front.js';
import { FrontModule } from './front.module.js';
import { findSectors, servicesFolder } from './sectors.js';
import { startServices } from './services.js';
import { prepareDataFolder } from './start-failure.js';
import { build } from './build.js';

export { findSectors, servicesFolder } from './sectors.js';

export interface Standalone {
  readonly url: string;
  readonly devIssuer: boolean;
  /** by name, for who looks at them from inside */
  readonly services: ReadonlyMap<string, Service>;
  /** Finishes what is under way, then closes everything. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly patience?: Patience;
  /** told of a new key-encryption key as soon as it is made, since the start may fail after that */
  readonly onKeyMade?: (file: string) => void;
}

/**
 * Starts every service in this process on the embedded engine, behind one port.
 * @param sectorsIn folders in which sectors lie
 */
export async function startStandalone(
  env: Environment,
  sectorsIn = [servicesFolder],
  { patience, onKeyMade }: StartOptions = {},
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
  const { IHALA_LOG_LEVEL: logLevel, IHALA_TRUSTED_PROXIES: trustedProxies } = env;
  const shared = { metrics, limits, trustedProxies, logLevel };
  const installation = { folder, key: key.key, deployment, devIssuer, sectors, ...shared };
  const { running, stop } = await startServices(installation);

  const edge = { logger: serviceLogger('standalone', logLevel), metrics: metrics.for('standalone'), trustedProxies };
  const description: { openapi?: OpenAPIObject } = {};
  const front = FrontModule.of({ running, metrics, devIssuer, description });
  const own = await createApp(front, edge);
  const openapi = merged([...running.map(({ app }) => openApiOf(app)), openApiOf(own)]);
  description.openapi = openapi;
  serveDocumentation(own, openapi);
  await own.init();
  await own.getHttpAdapter().getInstance().ready();

  const listener = new Front(running, own, edge, patience);
  const port = await listener.listen(env.PORT, env.IHALA_HOST).catch(async (error: unknown) => {
    await own.close();
    await stop();
    throw error;
  });
  return {
    url: `http://${env.IHALA_HOST.includes(':') ? `[${env.IHALA_HOST}]` : env.IHALA_HOST}:${port}`,
    devIssuer: devIssuer !== undefined,
    services: new Map(running.map(({ service }) => [service.blueprint.name, service])),
    async stop() {
      await listener.drain();
      await own.close();
      await stop();
    },
  };
}

function merged([first, ...others]: readonly OpenAPIObject[]): OpenAPIObject {
  return others.reduce(
    (all, next) => ({
      ...all,
      paths: { ...all.paths, ...next.paths },
      components: {
        ...all.components,
        schemas: { ...all.components?.schemas, ...next.components?.schemas },
      },
    }),
    first!,
  );
}
