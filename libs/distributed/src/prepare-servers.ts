import { KafkaCarrier } from '@ihala/carrier-kafka';
import { connect, migrate } from '@ihala/event-log-mongo';
import { KeyEncryptionKey } from '@ihala/privacy';
import { databaseOf, openKeyring } from './distributed-engine.js';
import { kafkaOptions } from './kafka-options.js';
import type { Settings } from './settings.js';
import { reached } from './start-failure.js';

/** Prepares what a service needs of the servers. Safe to run again, and by any number of processes at once. */
export async function prepareServers(settings: Settings, name: string): Promise<void> {
  const key = KeyEncryptionKey.parse(settings.IHALA_KEK);
  const carrier = new KafkaCarrier(kafkaOptions(settings));
  await reached('IHALA_MONGODB_URL', async () => {
    const connection = await connect(settings.IHALA_MONGODB_URL, { database: databaseOf(name, settings) });
    try {
      await migrate(connection, name);
    } finally {
      await connection.close();
    }
  });
  await (await openKeyring(settings, key)).close();
  try {
    await reached('IHALA_KAFKA_BROKERS', () => carrier.ensureTopics([name]));
  } finally {
    await carrier.close();
  }
}
