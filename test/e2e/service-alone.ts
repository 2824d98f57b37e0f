import { defaultDeploymentFile, DevIssuer, loadDeployment, Policies, TokenVerifier } from '@ihala/access';
import { type EventLog, Rush } from '@ihala/event-log';
import { openSqliteService } from '@ihala/event-log-sqlite';
import { KeyEncryptionKey, SqliteKeyring } from '@ihala/privacy';
import {
  createApp,
  MetricsRegistry,
  RequestLimits,
  Service,
  type ServiceBlueprint,
  serviceLogger,
} from '@ihala/service-kit';
import { Client } from './client.js';
import type { Employee } from './people.js';

/** One service over HTTP, with its log in the test's hands: for events that others publish, and many of them. */
export class ServiceAlone {
  private constructor(
    readonly service: Service,
    private readonly issuer: DevIssuer,
    private readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(
    blueprint: ServiceBlueprint,
    { of }: { of(service: Service): Parameters<typeof createApp>[0] },
    wrapped: (log: EventLog) => EventLog = (log) => log,
  ): Promise<ServiceAlone> {
    const deployment = loadDeployment(defaultDeploymentFile);
    const issuer = await DevIssuer.create(deployment);
    const key = KeyEncryptionKey.generate();
    const keyring = new SqliteKeyring(':memory:', key);
    const surroundings = {
      deployment,
      sectors: ['health'],
      policies: new Policies(deployment.audit.readsAll),
      tokens: new TokenVerifier(deployment.withIssuer(issuer.issuerConfig())),
      limits: new RequestLimits({ perMinute: 0 }),
      keyring,
      secret: (purpose: string) => key.derive(purpose),
      rush: new Rush(),
      neighbours: () => [],
    };
    const file = openSqliteService(':memory:', blueprint.name);
    const store = { ...file, log: wrapped(file.log) };
    const metrics = new MetricsRegistry().for(blueprint.name);
    const service = new Service(blueprint, surroundings, store, serviceLogger(blueprint.name, 'silent'), metrics);
    await service.lead();
    const app = await createApp(of(service), service);
    await app.listen(0, '127.0.0.1');
    return new ServiceAlone(service, issuer, await app.getUrl(), async () => {
      service.streams.stop();
      await app.close();
      await service.stop();
      await keyring.close();
    });
  }

  get log(): EventLog {
    return this.service.store.log;
  }

  async as(employee: Employee): Promise<Client> {
    const { access_token: token } = await this.issuer.issue(employee as Parameters<DevIssuer['issue']>[0]);
    return new Client(this.url, token);
  }

  /** Returns once its views have folded everything. */
  async settled(): Promise<void> {
    await this.service.runner.caughtUp(await this.log.lastPosition());
  }
}
