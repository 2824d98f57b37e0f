import { type Deployment, type DevIssuer, Policies, TokenVerifier } from '@ihala/access';
import { Rush } from '@ihala/event-log';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { createApp, openApiOf } from '../app.js';
import { LogTransport } from '../following/log-transport.js';
import type { RequestLimits } from '../http/request-limits.js';
import { serviceLogger } from '../logging.js';
import type { MetricsRegistry } from '../metrics.js';
import { watchServices } from '../service-gauges.js';
import { Service, type Surroundings } from '../service.js';
import type { Tracing } from '../tracing/tracing.js';
import type { Deployable } from './deployable.js';
import { serveDocumentation } from './documentation.js';
import type { Engine } from './engine.js';
import { Front, type Patience } from './front.js';
import { FrontModule } from './front.module.js';
import { Readiness } from './readiness.js';

export interface Running {
  readonly service: Service;
  readonly app: NestFastifyApplication;
  readonly paths: readonly string[];
}

/** What a process serves, and with what. */
export interface Installation {
  /** of the process, in its logs and metrics */
  readonly name: string;
  readonly engine: Engine;
  readonly deployables: readonly Deployable[];
  readonly deployment: Deployment;
  /** the sectors that there are, here or elsewhere */
  readonly sectors: readonly string[];
  /** derives a secret of its own for each purpose */
  readonly secret: (purpose: string) => Uint8Array;
  readonly devIssuer?: DevIssuer;
  readonly logLevel: string;
  readonly metrics: MetricsRegistry;
  /** closed when everything else is */
  readonly tracing?: Tracing;
  readonly limits: RequestLimits;
  readonly trustedProxies?: string;
  readonly listen: { readonly port: number; readonly host: string };
  readonly patience?: Patience;
}

export interface Process {
  readonly url: string;
  /** by name, for who looks at them from inside */
  readonly services: ReadonlyMap<string, Service>;
  /** Finishes what is under way, then closes everything. */
  stop(): Promise<void>;
}

/**
 * Starts each service as a Nest application of its own, all of them behind one port.
 * @throws Error when two would answer under one path, or the port is taken; then everything is closed, the engine too
 */
export async function startProcess(installation: Installation): Promise<Process> {
  const begun: Begun = { services: [], applications: [] };
  const { engine } = installation;
  const stop = async () => {
    // it steps back first: what follows from events is not asked of an application that is closed
    await Promise.all(begun.services.map((service) => engine.stop(service)));
    await Promise.all(begun.applications.map((app) => app.close()));
    await Promise.all(begun.services.map((service) => service.stop()));
    await engine.close();
    await installation.tracing?.close();
  };
  try {
    requirePathsApart(installation.deployables);
    const running = await startServices(installation, begun);
    const { host, port } = installation.listen;
    const listener = await frontOf(installation, running, begun);
    const taken = await listener.listen(port, host);
    return {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
      services: new Map(running.map(({ service }) => [service.blueprint.name, service])),
      async stop() {
        await listener.drain();
        await stop();
      },
    };
  } catch (error) {
    // why it could not start is what counts
    await stop().catch(() => {});
    throw error;
  }
}

/** What is to be closed again. */
interface Begun {
  readonly services: Service[];
  readonly applications: NestFastifyApplication[];
}

function requirePathsApart(deployables: readonly Deployable[]): void {
  const paths = deployables.flatMap((deployable) => deployable.paths);
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) throw new Error(`two services would answer under /v1/${twice}`);
}

async function startServices(installation: Installation, { services, applications }: Begun): Promise<Running[]> {
  const { engine, deployables, logLevel, metrics, trustedProxies } = installation;
  const surroundings = surroundingsOf(installation, () => services);
  for (const { blueprint } of deployables) {
    const measures = metrics.for(blueprint.name);
    const store = await engine.open(blueprint.name, measures);
    services.push(new Service(blueprint, surroundings, store, serviceLogger(blueprint.name, logLevel), measures));
  }
  await Promise.all(services.map((service) => engine.start(service, services)));
  watchServices(services, metrics.registry);
  const running: Running[] = [];
  for (const [index, { module, paths }] of deployables.entries()) {
    const service = services[index]!;
    const app = await createApp(module(service), { ...service.edge, trustedProxies });
    applications.push(app);
    app.connectMicroservice({ strategy: new LogTransport(service) });
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    await app.startAllMicroservices();
    running.push({ service, app, paths });
  }
  return running;
}

function surroundingsOf(installation: Installation, neighbours: () => readonly Service[]): Surroundings {
  const { engine, deployment, devIssuer, limits, sectors, secret, tracing } = installation;
  return {
    deployment,
    policies: new Policies(deployment.audit.readsAll),
    tokens: new TokenVerifier(devIssuer ? deployment.withIssuer(devIssuer.issuerConfig()) : deployment),
    limits,
    keyring: engine.keyring,
    sectors,
    secret,
    tracing,
    rush: new Rush(),
    neighbours,
  };
}

async function frontOf(
  installation: Installation,
  running: readonly Running[],
  { services, applications }: Begun,
): Promise<Front> {
  const { name, engine, logLevel, metrics, trustedProxies, devIssuer, patience } = installation;
  const edge = { logger: serviceLogger(name, logLevel), metrics: metrics.for(name), trustedProxies };
  const description: { openapi?: OpenAPIObject } = {};
  const readiness = new Readiness(services, engine.shared);
  const own = await createApp(FrontModule.of({ readiness, metrics, devIssuer, description }), edge);
  applications.push(own);
  const openapi = merged([...running.map(({ app }) => openApiOf(app)), openApiOf(own)]);
  description.openapi = openapi;
  serveDocumentation(own, openapi);
  await own.init();
  await own.getHttpAdapter().getInstance().ready();
  return new Front(running, own, edge, patience);
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
