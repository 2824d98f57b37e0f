import { readFileSync } from 'node:fs';
import { KafkaCarrier, type KafkaRelay } from '@ihala/carrier-kafka';
import { asSource } from '@ihala/event-log';
import { connect, migrate, type MongoService, openMongoService } from '@ihala/event-log-mongo';
import type { KeyEncryptionKey } from '@ihala/privacy';
import { MongoKeyring } from '@ihala/privacy-mongo';
import { Engine, type Metrics, type Service, type ServiceStore, sourcesOf } from '@ihala/service-kit';
import type { Logger } from 'pino';
import type { Settings } from './settings.js';
import { RedisWindow } from './shared-window.js';
import { Wakes } from './wakes.js';

interface Opened {
  readonly store: MongoService;
  relay?: KafkaRelay;
}

const HOUR_MS = 3_600_000;

/** Logs and views in MongoDB, the keyring in a database of its own, events carried by Kafka; any number of replicas. */
export class DistributedEngine extends Engine {
  readonly #opened = new Map<string, Opened>();

  private constructor(
    readonly keyring: MongoKeyring,
    /** undefined: there is no Redis */
    readonly wakes: Wakes | undefined,
    private readonly carrier: KafkaCarrier,
    private readonly settings: Settings,
    private readonly logger: Logger,
    /** all services that there are, by name */
    private readonly services: readonly string[],
  ) {
    super();
  }

  /** @param services all that there are, here or elsewhere */
  static async start(
    settings: Settings,
    key: KeyEncryptionKey,
    { logger, services }: { readonly logger: Logger; readonly services: readonly string[] },
  ): Promise<DistributedEngine> {
    const onWarning = (message: string) => logger.warn(message);
    const database = `${settings.IHALA_PREFIX}-keyring`;
    const keyring = await MongoKeyring.open(await connect(settings.IHALA_KEYRING_URL, { database, onWarning }), key);
    const away = (error: Error) => logger.warn({ err: error }, 'Redis is away: others are asked now and then instead');
    const { IHALA_REDIS_URL: url, IHALA_PREFIX: prefix } = settings;
    const wakes = url === undefined ? undefined : new Wakes(url, prefix, away);
    const carrier = new KafkaCarrier({ ...kafkaOptions(settings), onWarning });
    return new DistributedEngine(keyring, wakes, carrier, settings, logger, services);
  }

  /** undefined: limits are this process's own */
  get sharedWindow(): RedisWindow | undefined {
    return this.wakes && new RedisWindow(this.wakes.redis, this.settings.IHALA_PREFIX);
  }

  async open(name: string, measures: Metrics): Promise<ServiceStore> {
    const store = await openMongoService(this.settings.IHALA_MONGODB_URL, name, {
      database: databaseOf(name, this.settings),
      onWarning: (message) => this.logger.warn(message),
      onAppended: measures.committed,
      onCommitted: () => this.wakes?.tell(name),
    });
    this.#opened.set(name, { store });
    this.wakes?.on(name, () => store.log.wake());
    return store;
  }

  async start(service: Service): Promise<void> {
    const { name } = service.blueprint;
    const opened = this.#opened.get(name)!;
    const { store } = opened;
    await this.carrier.ensureTopics([name, ...this.#sources(service)]);
    await service.declare();
    for (const source of this.#sources(service)) {
      service.observe((options) => this.carrier.observer(store, source, options));
    }
    const onError = (error: unknown) => this.logger.error({ err: error, name }, 'leading failed');
    const options = { onError, onPassage: service.onPassage };
    const relay = (opened.relay = this.carrier.relay(asSource(store.log), store.reactions, options));
    const work = {
      start: async () => {
        relay.start();
        await service.lead();
      },
      stop: async () => {
        await Promise.all([relay.stop(), service.stepBack()]);
      },
    };
    store.lease.keep(work, onError);
  }

  async stop(service: Service): Promise<void> {
    await this.#opened.get(service.blueprint.name)!.store.lease.end();
  }

  async close(): Promise<void> {
    this.wakes?.close();
    await this.carrier.close();
    await this.keyring.close();
  }

  #sources({ blueprint }: Service): readonly string[] {
    return sourcesOf(blueprint, this.services);
  }
}

/** Prepares what a service needs of the servers. Safe to run again, and by any number of processes at once. */
export async function prepareServers(settings: Settings, key: KeyEncryptionKey, name: string): Promise<void> {
  const connection = await connect(settings.IHALA_MONGODB_URL, { database: databaseOf(name, settings) });
  try {
    await migrate(connection, name);
  } finally {
    await connection.close();
  }
  const keyring = `${settings.IHALA_PREFIX}-keyring`;
  await (await MongoKeyring.open(await connect(settings.IHALA_KEYRING_URL, { database: keyring }), key)).close();
  const carrier = new KafkaCarrier(kafkaOptions(settings));
  try {
    await carrier.ensureTopics([name]);
  } finally {
    await carrier.close();
  }
}

const databaseOf = (name: string, { IHALA_PREFIX: prefix }: Settings): string => `${prefix}-${name}`;

function kafkaOptions(settings: Settings): ConstructorParameters<typeof KafkaCarrier>[0] {
  const { IHALA_KAFKA_SASL: mechanism, IHALA_KAFKA_USERNAME: username, IHALA_KAFKA_PASSWORD: password } = settings;
  const replication = settings.IHALA_KAFKA_REPLICATION;
  const ca = settings.IHALA_KAFKA_CA && readFileSync(settings.IHALA_KAFKA_CA, 'utf8');
  return {
    brokers: settings.IHALA_KAFKA_BROKERS,
    clientId: settings.IHALA_PREFIX,
    prefix: settings.IHALA_PREFIX,
    ...(settings.IHALA_KAFKA_TLS === '1' && { tls: ca ? { ca } : true }),
    ...(mechanism && { sasl: { mechanism, username: username ?? '', password: password ?? '' } }),
    replication,
    minInSync: Math.max(1, replication - 1),
    retentionMs: settings.IHALA_KAFKA_RETENTION_HOURS * HOUR_MS,
  };
}
