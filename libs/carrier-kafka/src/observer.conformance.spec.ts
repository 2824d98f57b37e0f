import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { observerConformance, type Carriage } from '@ihala/event-log/conformance';
import { makeSqliteEngine } from '@ihala/event-log-sqlite/conformance';
import { describeWith } from '@ihala/test-servers';
import { KafkaCarrier } from './index.js';

jest.setTimeout(30_000);

await describeWith('kafka', 'over a broker', (address) => {
  observerConformance('Kafka between SQLite logs', makeSqliteEngine, async (): Promise<Carriage> => {
    const prefix = `test-${randomUUID().slice(0, 8)}`;
    const carrier = new KafkaCarrier({
      brokers: address.split(','),
      clientId: 'ihala-test',
      prefix,
      replication: 1,
      minInSync: 1,
    });
    return {
      asks: false,
      async between(source, { from, to }, { onError, batchSize }) {
        await carrier.ensureTopics([source.source]);
        const size = batchSize === undefined ? {} : { batchSize };
        const relay = carrier.relay(source, from.reactions, { onError: (e) => onError(e, ''), headMs: 100, ...size });
        const observer = carrier.observer(to, source.source, { onError, askAgainMs: 500, ...size });
        return {
          start: () => [relay, observer].forEach((part) => part.start()),
          stop: async () => void (await Promise.all([relay.stop(), observer.stop()])),
          upTo: (instant, timeoutMs) => observer.upTo(instant, timeoutMs),
          completeUpTo: () => observer.completeUpTo(),
        };
      },
      end: () => carrier.close(),
    };
  });
});
