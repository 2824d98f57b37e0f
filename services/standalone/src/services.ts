import { join } from 'node:path';
import { type Deployment, type DevIssuer, Policies, TokenVerifier } from '@ihala/access';
import { AuditModule, auditBlueprint } from '@ihala/audit';
import { CasesModule, casesBlueprint } from '@ihala/cases';
import { Rush } from '@ihala/event-log';
import { openSqliteService } from '@ihala/event-log-sqlite';
import { type KeyEncryptionKey, SqliteKeyring } from '@ihala/privacy';
import {
  type Catalogue,
  createApp,
  LogTransport,
  type MetricsRegistry,
  type RequestLimits,
  SectorModule,
  sectorBlueprint,
  Service,
  type ServiceBlueprint,
  serviceLogger,
  watchServices,
} from '@ihala/service-kit';
import type { DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { keyringName } from './data-folder.js';

/** Every service of this process: what it is, the Nest module that serves it, and the paths under `/v1/` that are its own. */
interface Deployable {
  readonly blueprint: ServiceBlueprint;
  readonly paths: readonly string[];
  module(service: Service): DynamicModule;
}
const sector = (catalogue: Catalogue): Deployable => ({
  blueprint: sectorBlueprint(catalogue),
  paths: [catalogue.sector],
  module: (service) => SectorModule.of(service, catalogue),
});

/** What each service is that these sectors make, and those that are always there. */
export const blueprintsOf = (sectors: readonly Catalogue[]): readonly ServiceBlueprint[] =>
  deployablesOf(sectors).map(({ blueprint }) => blueprint);

/** @throws Error when two would answer under the same path */
function deployablesOf(sectors: readonly Catalogue[]): readonly Deployable[] {
  const deployables: readonly Deployable[] = [
    { blueprint: casesBlueprint, paths: ['cases', 'transfers', 'feed'], module: (service) => CasesModule.of(service) },
    ...sectors.map(sector),
    { blueprint: auditBlueprint, paths: ['audit'], module: (service) => AuditModule.of(service) },
  ];
  const paths = deployables.flatMap((deployable) => deployable.paths);
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) throw new Error(`two services would answer under /v1/${twice}`);
  return deployables;
}

export interface Running {
  readonly service: Service;
  readonly app: NestFastifyApplication;
  readonly paths: readonly string[];
}

export interface Installation {
  readonly folder: string;
  readonly key: KeyEncryptionKey;
  readonly deployment: Deployment;
  readonly devIssuer?: DevIssuer;
  readonly logLevel: string;
  readonly metrics: MetricsRegistry;
  readonly sectors: readonly Catalogue[];
  readonly limits: RequestLimits;
  readonly trustedProxies?: string;
}

/** Opens all logs and the keyring in one folder, starts each service as a Nest application of its own. */
export async function startServices(
  installation: Installation,
): Promise<{ running: Running[]; stop(): Promise<void> }> {
  const { folder, key, deployment, devIssuer, logLevel, metrics, limits, trustedProxies, sectors } = installation;
  const deployables = deployablesOf(sectors);
  const keyring = new SqliteKeyring(join(folder, keyringName), key);
  const surroundings = {
    deployment,
    policies: new Policies(deployment.audit.readsAll),
    tokens: new TokenVerifier(devIssuer ? deployment.withIssuer(devIssuer.issuerConfig()) : deployment),
    limits,
    keyring,
    sectors: sectors.map(({ sector: name }) => name),
    secret: (purpose: string) => key.derive(purpose),
    rush: new Rush(),
    neighbours: (): readonly Service[] => services,
  };
  const services: readonly Service[] = deployables.map(({ blueprint }) => {
    const { name } = blueprint;
    const measures = metrics.for(name);
    const store = openSqliteService(join(folder, `${name}.sqlite`), name, { onAppended: measures.committed });
    return new Service(blueprint, surroundings, store, serviceLogger(name, logLevel), measures);
  });
  await Promise.all(services.map((service) => service.start(services)));
  watchServices(services, metrics.registry);
  const running: Running[] = [];
  for (const [index, { module, paths }] of deployables.entries()) {
    const service = services[index]!;
    const app = await createApp(module(service), { ...service.edge, trustedProxies });
    app.connectMicroservice({ strategy: new LogTransport(service) });
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    await app.startAllMicroservices();
    running.push({ service, app, paths });
  }
  return {
    running,
    async stop() {
      await Promise.all(running.map(({ app }) => app.close()));
      await Promise.all(services.map((service) => service.stop()));
      await keyring.close();
    },
  };
}
