import { join } from 'node:path';
import { asSource, DirectObserver } from '@ihala/event-log';
import { openSqliteService } from '@ihala/event-log-sqlite';
import { type KeyEncryptionKey, SqliteKeyring } from '@ihala/privacy';
import { Engine, type Metrics, type Service, type ServiceStore, sourcesOf } from '@ihala/service-kit';
import { keyringName } from './data-folder.js';

/** All logs and the keyring in one folder; the services of the process read each other's logs directly. */
export class EmbeddedEngine extends Engine {
  readonly keyring: SqliteKeyring;
  readonly shared = false;

  constructor(
    private readonly folder: string,
    key: KeyEncryptionKey,
  ) {
    super();
    this.keyring = new SqliteKeyring(join(folder, keyringName), key);
  }

  async open(name: string, measures: Metrics): Promise<ServiceStore> {
    return openSqliteService(join(this.folder, `${name}.sqlite`), name, { onAppended: measures.committed });
  }

  async start(service: Service, others: readonly Service[]): Promise<void> {
    await service.lead();
    const names = others.map(({ blueprint }) => blueprint.name);
    for (const source of sourcesOf(service.blueprint, names)) {
      const { log } = others.find(({ blueprint }) => blueprint.name === source)!.store;
      service.observe((options) => new DirectObserver(service.store.log, asSource(log), options));
    }
  }

  async stop(): Promise<void> {
    // it leads until it is stopped
  }

  async close(): Promise<void> {
    await this.keyring.close();
  }
}
