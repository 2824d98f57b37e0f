/** What `--help` prints. */
export const usageOf = (service: string): string => `node services/${service}/dist/main.js [--migrate] [--help]

Runs one replica of ${service} on MongoDB, Kafka and Redis. SIGTERM or SIGINT stops it when what is under way is finished.

  --migrate  prepares this service’s database, the keyring and its topic, and ends; safe to run again, and by several at once

  IHALA_MONGODB_URL            mongodb:// of the replica set, with this service’s credentials; database <prefix>-${service},
                               unless the address names one
  IHALA_KEYRING_URL            mongodb:// with the keyring’s credentials; database <prefix>-keyring,
                               unless the address names one
  IHALA_KEK                    key-encryption key, 32 bytes in base64 or hex, the same for all
  IHALA_KAFKA_BROKERS          host:port, with commas between them
  IHALA_KAFKA_TLS              1: TLS; IHALA_KAFKA_CA names a PEM file of certificate authorities
  IHALA_KAFKA_SASL             plain, scram-sha-256 or scram-sha-512; with IHALA_KAFKA_USERNAME and IHALA_KAFKA_PASSWORD
  IHALA_KAFKA_REPLICATION      copies of each topic (default 3)
  IHALA_KAFKA_RETENTION_HOURS  how long events stay in topics (default 168)
  IHALA_REDIS_URL              redis:// or rediss://; without it replicas share no limits, and wake each other by asking
  IHALA_PREFIX                 of databases, topics and channels (default ihala)
  IHALA_SECTORS                names of the sectors there are, with commas between them (default: the four)
  IHALA_ENGINE                 distributed, or nothing
  PORT, IHALA_HOST             where to listen (default 3000, 127.0.0.1)
  IHALA_CONFIG, IHALA_TRUSTED_PROXIES, IHALA_RATE_LIMIT, IHALA_STREAM_LIMIT, IHALA_LOG_LEVEL   as for npm start
  OTEL_EXPORTER_OTLP_ENDPOINT  where traces are sent (default: nowhere)
  IHALA_DEV_ISSUER             1: anybody gets tokens; IHALA_DEV_ISSUER_KEY (32 bytes) makes replicas share its key

A secret may lie in a file that <name>_FILE names: IHALA_MONGODB_URL, IHALA_KEYRING_URL, IHALA_KEK, IHALA_KAFKA_PASSWORD,
IHALA_REDIS_URL, IHALA_DEV_ISSUER_KEY.
exit codes: 0 stopped, or prepared · 1 failed · 2 called wrongly · 75 a server or the port is not to be had, try later · 78 settings, key, or servers not prepared
`;
