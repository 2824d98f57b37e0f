import { randomUUID } from 'node:crypto';
import { beforeEach, expect, it, jest } from '@jest/globals';
import { describeWith } from '@ihala/test-servers';
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { KafkaCarrier, Names, UnfitTopic, type TopicOptions } from './index.js';

jest.setTimeout(30_000);
const { Kafka: Client, logLevel, ConfigResourceTypes } = kafkajs;

await describeWith('kafka', 'topics', (address) => {
  let kafka: Kafka;
  let prefix: string;
  let names: Names;

  beforeEach(() => {
    kafka = new Client({ brokers: address.split(','), logLevel: logLevel.NOTHING });
    prefix = `test-${randomUUID().slice(0, 8)}`;
    names = new Names(prefix);
  });

  const ensure = (services: readonly string[], options: TopicOptions = {}) =>
    new KafkaCarrier({
      ...{ brokers: address.split(','), clientId: 'ihala-test', prefix, replication: 1, minInSync: 1 },
      ...options,
    }).ensureTopics(services);

  async function withAdmin<T>(ask: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = kafka.admin();
    await admin.connect();
    try {
      return await ask(admin);
    } finally {
      await admin.disconnect();
    }
  }
  const settingsOf = (topic: string) =>
    withAdmin(async (admin) => {
      const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic }];
      const { resources: found } = await admin.describeConfigs({ resources, includeSynonyms: false });
      return Object.fromEntries(
        found[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
      );
    });

  it('have names in the order of installation, service and version', () => {
    expect([new Names().log('cases'), new Names().resend, new Names().unreadable]).toEqual([
      'ihala.cases.v1',
      'ihala.resend.v1',
      'ihala.unreadable.v1',
    ]);
  });

  it('are made with one partition, their retention and copies, also by many at once', async () => {
    await Promise.all(Array.from({ length: 4 }, () => ensure(['cases', 'health'], { retentionMs: 3_600_000 })));
    const { topics } = await withAdmin((admin) =>
      admin.fetchTopicMetadata({ topics: [names.log('cases'), names.log('health'), names.resend, names.unreadable] }),
    );
    expect(topics.map(({ partitions }) => partitions.length)).toEqual([1, 1, 1, 1]);
    expect(await settingsOf(names.log('cases'))).toMatchObject({
      'cleanup.policy': 'delete',
      'min.insync.replicas': '1',
      'retention.ms': '3600000',
    });
    expect(await settingsOf(names.unreadable)).toMatchObject({ 'retention.ms': '-1' });
  });

  it('are made for a service that comes later, and those that are there stay', async () => {
    await ensure(['cases'], { retentionMs: 7_200_000 });
    await ensure(['cases', 'health'], { retentionMs: 3_600_000 });
    expect(await settingsOf(names.log('cases'))).toMatchObject({ 'retention.ms': '7200000' });
    expect(await settingsOf(names.log('health'))).toMatchObject({ 'retention.ms': '3600000' });
  });

  it('are refused where they are not what they have to be, and all that is wrong is named', async () => {
    const configEntries = [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'retention.ms', value: '1000' },
      { name: 'max.message.bytes', value: '1000' },
    ];
    const topic = names.log('cases');
    await withAdmin((admin) => admin.createTopics({ topics: [{ topic, numPartitions: 3, configEntries }] }));
    const refusal = await ensure(['cases', 'health']).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(UnfitTopic);
    const said = (refusal as Error).message;
    for (const flaw of [
      `${topic} has 3 partitions, not one`,
      `${topic} cleanup.policy is compact, not delete`,
      `${topic} retention.ms is 1000, not 604800000 or more`,
      `${topic} max.message.bytes is 1000`,
    ]) {
      expect(said).toContain(flaw);
    }
    expect(said).not.toContain(names.log('health'));
  });

  it('are refused with fewer copies, or fewer in sync, than asked for', async () => {
    await ensure(['cases']);
    await expect(ensure(['cases'], { replication: 2, minInSync: 2 })).rejects.toThrow(
      /has 1 copies, not 2 or more.*min\.insync\.replicas is 1, not 2 or more/,
    );
  });
});
