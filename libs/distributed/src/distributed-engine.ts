import { KafkaCarrier, type KafkaRelay } from '@ihala/carrier-kafka';
import { asSource } from '@ihala/event-log';
import { connect, type LeasedWork, type MongoService, openMongoService } from '@ihala/event-log-mongo';
import type { KeyEncryptionKey } from '@ihala/privacy';
import { MongoKeyring } from '@ihala/privacy-mongo';
import { Engine, type Metrics, type Service, type ServiceStore, sourcesOf } from '@ihala/service-kit';
import type { Logger } from 'pino';
import { CommitWatch } from './commit-watch.js';
import { kafkaOptions } from './kafka-options.js';
import { databaseIn, type Settings } from './settings.js';
import { RedisWindow } from './shared-window.js';
import { reached } from './start-failure.js';
import { Wakes } from './wakes.js';

/** How soon commits of other processes are found: by themselves, and while nobody can tell of them. */
const LOOK_MS = { told: 1000, untold: 100 };

interface Around {
  readonly settings: Settings;
  readonly logger: Logger;
  /** all services that there are, here or elsewhere, by name */
  readonly services: readonly string[];
}

interface Opened {
  readonly store: MongoService;
  watch?: CommitWatch;
}

/** Logs and views in MongoDB, the keyring in a database of its own, events carried by Kafka; any number of replicas. */
export class DistributedEngine extends Engine {
  readonly shared = true;
  readonly #opened = new Map<string, Opened>();

  private constructor(
    readonly keyring: MongoKeyring,
    private readonly carrier: KafkaCarrier,
    /** undefined: there is no Redis */
    private readonly wakes: Wakes | undefined,
    private readonly around: Around,
  ) {
    super();
  }

  /** @throws SettingsWrong, WrongKeyEncryptionKey, or that a server refuses */
  static async start(key: KeyEncryptionKey, around: Around): Promise<DistributedEngine> {
    const { settings, logger } = around;
    const onWarning = (message: string) => logger.warn(message);
    const carrier = new KafkaCarrier({ ...kafkaOptions(settings), onWarning });
    const keyring = await openKeyring(settings, key, onWarning);
    return new DistributedEngine(keyring, carrier, wakesOf(settings, logger), around);
  }

  /** undefined: limits are this process's own @param secret of all processes, so that names can be hashed */
  sharedWindow(secret: Uint8Array): RedisWindow | undefined {
    return this.wakes && new RedisWindow(this.wakes.redis, this.around.settings.IHALA_PREFIX, secret);
  }

  async open(name: string, measures: Metrics): Promise<ServiceStore> {
    const { settings, logger } = this.around;
    const store = await reached('IHALA_MONGODB_URL', () =>
      openMongoService(settings.IHALA_MONGODB_URL, name, {
        database: databaseOf(name, settings),
        onWarning: (message) => logger.warn(message),
        onAppended: measures.committed,
        onCommitted: () => this.wakes?.tell(name),
      }),
    );
    this.#opened.set(name, { store });
    this.wakes?.on(name, () => store.log.wake());
    return store;
  }

  async start(service: Service): Promise<void> {
    const { name } = service.blueprint;
    const opened = this.#opened.get(name)!;
    const { store } = opened;
    const sources = sourcesOf(service.blueprint, this.around.services);
    await reached('IHALA_KAFKA_BROKERS', () => this.carrier.ensureTopics([name, ...sources]));
    await service.declare();
    for (const source of sources) service.observe((options) => this.carrier.observer(store, source, options));
    const pause = () => (this.wakes?.present ? LOOK_MS.told : LOOK_MS.untold);
    opened.watch = new CommitWatch(store.log, pause, service.following());
    opened.watch.start();
    const onError = (error: unknown) => this.around.logger.error({ err: error, name }, 'leading failed');
    const options = { onError, onPassage: service.onPassage };
    const relay = this.carrier.relay(asSource(store.log), store.reactions, options);
    service.relay = relay;
    store.lease.keep(leading(service, relay), onError);
  }

  async stop(service: Service): Promise<void> {
    const { watch, store } = this.#opened.get(service.blueprint.name)!;
    await Promise.all([watch?.stop(), store.lease.end()]);
  }

  async close(): Promise<void> {
    this.wakes?.close();
    await Promise.all([this.carrier.close(), this.keyring.close()]);
  }
}

/** What a service's process does as long as it holds the lease. */
function leading(service: Service, relay: KafkaRelay): LeasedWork {
  const stop = async () => {
    await Promise.all([relay.stop(), service.stepBack()]);
  };
  const start = async () => {
    try {
      relay.start();
      await service.lead();
    } catch (error) {
      // nothing half begun goes on when the lease is lost before it is tried again
      await stop();
      throw error;
    }
  };
  return { start, stop };
}

function wakesOf({ IHALA_REDIS_URL: url, IHALA_PREFIX: prefix }: Settings, logger: Logger): Wakes | undefined {
  if (url === undefined) return undefined;
  return new Wakes(url, {
    prefix,
    // what Redis itself refuses with begins with a code
    onAway: (error) =>
      logger.warn({ err: error, refusal: /^[A-Z]+\b/.exec(error.message)?.[0] }, 'Redis is away: limits are local'),
    onBack: () => logger.info('Redis is back'),
  });
}

export const databaseOf = (name: string, { IHALA_MONGODB_URL: url, IHALA_PREFIX: prefix }: Settings): string =>
  databaseIn(url, `${prefix}-${name}`);

/** Makes what is missing of its database. */
export function openKeyring(
  { IHALA_KEYRING_URL: url, IHALA_PREFIX: prefix }: Settings,
  key: KeyEncryptionKey,
  onWarning?: (message: string) => void,
): Promise<MongoKeyring> {
  const database = databaseIn(url, `${prefix}-keyring`);
  return reached('IHALA_KEYRING_URL', async () => MongoKeyring.open(await connect(url, { database, onWarning }), key));
}
