/** The services that are deployed, each as a process of its own. */
export const services = ['cases', 'education', 'health', 'employment', 'voluntary-return', 'audit'] as const;

/** Settings whose value is secret: given by a file, under the name with `_FILE`. */
export const secretSettings = [
  'IHALA_MONGODB_URL',
  'IHALA_KEYRING_URL',
  'IHALA_KEK',
  'IHALA_KAFKA_PASSWORD',
  'IHALA_REDIS_URL',
] as const;

/** What every process of the distributed engine is told. */
export const settings: readonly string[] = [
  ...['IHALA_ENGINE', 'PORT', 'IHALA_HOST', 'IHALA_LOG_LEVEL', 'IHALA_CONFIG', 'IHALA_TRUSTED_PROXIES'],
  ...['IHALA_RATE_LIMIT', 'IHALA_KAFKA_BROKERS', 'IHALA_KAFKA_SASL', 'IHALA_KAFKA_USERNAME'],
  ...['IHALA_KAFKA_REPLICATION', 'IHALA_KAFKA_RETENTION_HOURS'],
  ...secretSettings.map((name) => `${name}_FILE`),
];

/** What it is told where it applies: TLS between machines, traces where something collects them; Node's own. */
export const furtherSettings: readonly string[] = [
  ...['IHALA_KAFKA_TLS', 'IHALA_KAFKA_CA', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'NODE_EXTRA_CA_CERTS'],
];

/** What is wrong with the names of settings that a process is given. */
export function settingFaults(where: string, given: readonly string[]): string[] {
  const known = [...settings, ...furtherSettings];
  return [
    ...given.filter((name) => !known.includes(name)).map((name) => `${where}: no process knows ${name}`),
    ...settings.filter((name) => !given.includes(name)).map((name) => `${where}: ${name} is missing`),
  ];
}

/** Whether a value that should be secret stands in the open. */
export function isOpenSecret(name: string, value: string): boolean {
  const named = /PASSWORD|SECRET|TOKEN|KEK|PRIVATE|_URL$/i.test(name) && !/_FILE$/.test(name) && value !== '';
  return named || /:\/\/[^/\s]*:[^/\s]*@/.test(value);
}

/** A tag that says which version it is. */
export const isPinned = (image: string) => /:v?\d+\.\d+[\w.-]*$|@sha256:[0-9a-f]{64}$/.test(image);
