import { readFileSync } from 'node:fs';
import type { KafkaCarrier } from '@ihala/carrier-kafka';
import { SettingsWrong } from '@ihala/service-kit';
import type { Settings } from './settings.js';

const HOUR_MS = 3_600_000;

/** How the broker is reached, and what topics have to be. @throws SettingsWrong */
export function kafkaOptions(settings: Settings): ConstructorParameters<typeof KafkaCarrier>[0] {
  const { IHALA_KAFKA_SASL: mechanism, IHALA_KAFKA_USERNAME: username, IHALA_KAFKA_PASSWORD: password } = settings;
  const replication = settings.IHALA_KAFKA_REPLICATION;
  return {
    brokers: settings.IHALA_KAFKA_BROKERS,
    clientId: settings.IHALA_PREFIX,
    prefix: settings.IHALA_PREFIX,
    ...(settings.IHALA_KAFKA_TLS === '1' && { tls: tlsOf(settings) }),
    ...(mechanism && { sasl: { mechanism, username: username!, password: password! } }),
    replication,
    minInSync: Math.max(1, replication - 1),
    retentionMs: settings.IHALA_KAFKA_RETENTION_HOURS * HOUR_MS,
  };
}

function tlsOf({ IHALA_KAFKA_CA: file }: Settings): true | { readonly ca: string } {
  if (file === undefined) return true;
  try {
    return { ca: readFileSync(file, 'utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SettingsWrong(`IHALA_KAFKA_CA: cannot be read (${code})`, { cause: error });
  }
}
