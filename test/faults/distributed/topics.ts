import { Kafka, logLevel } from 'kafkajs';
import type { DataFile } from '../data-folder.js';
import type { Finding } from '../finding.js';

/** A message as it lies in a topic. */
export interface TopicMessage {
  readonly topic: string;
  readonly headers: Readonly<Record<string, string>>;
  /** headers, key and value */
  readonly bytes: Buffer;
}

/** What must be true of a topic, whatever happened: its relay sent each event after the one before it, and lacks none that it marked. */
export function checkTopics(prefix: string, files: readonly DataFile[], messages: readonly TopicMessage[]): Finding[] {
  const byTopic = Map.groupBy(messages, ({ topic }) => topic);
  const asked = byTopic.get(`${prefix}.resend.v1`) ?? [];
  const unread = byTopic.get(`${prefix}.unreadable.v1`) ?? [];
  return [
    ...files.flatMap((file) => checkOrder(file, byTopic.get(`${prefix}.${file.service}.v1`) ?? [])),
    // no topic here has lost anything: whoever misses something was not sent it, or has passed over it
    ...asked.map(({ headers }) => ({
      check: 'resend-asked',
      file: headers['ce_source'] ?? '',
      what: 'for what is lacking',
    })),
    ...unread.map(() => ({ check: 'unreadable', file: 'kafka', what: 'a message' })),
  ];
}

function checkOrder({ file, checkpoints }: DataFile, messages: readonly TopicMessage[]): Finding[] {
  let next = 0;
  for (const { headers } of messages) {
    const { ce_sequence: text } = headers;
    if (text === undefined) continue;
    const sequence = Number(text);
    if (sequence > next) return [{ check: 'topic-gap', file, what: `${sequence} where ${next} is due` }];
    next = Math.max(next, sequence + 1);
  }
  const marked = checkpoints.find(({ name }) => name === 'relay')?.checkpoint ?? 0;
  return marked > next ? [{ check: 'marked-unsent', file, what: `marked up to ${marked}, sent ${next}` }] : [];
}

/** Everything that lies in the topics of an installation. */
export async function readTopics(brokers: string, prefix: string): Promise<readonly TopicMessage[]> {
  const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'checker', logLevel: logLevel.NOTHING });
  const [admin, consumer] = [kafka.admin(), kafka.consumer({ groupId: `checker-${prefix}-${crypto.randomUUID()}` })];
  const messages: TopicMessage[] = [];
  try {
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${prefix}.`));
    const left = new Map<string, bigint>();
    for (const topic of topics) {
      const [{ high, low } = { high: '0', low: '0' }] = await admin.fetchTopicOffsets(topic);
      if (BigInt(high) > BigInt(low)) left.set(topic, BigInt(high));
    }
    if (left.size === 0) return [];
    await consumer.connect();
    await consumer.subscribe({ topics: [...left.keys()], fromBeginning: true });
    const done = Promise.withResolvers<void>();
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { topic, messages: batch, highWatermark } }) => {
        messages.push(...batch.map((message) => toMessage(topic, message)));
        const last = BigInt(batch.at(-1)?.offset ?? highWatermark) + 1n;
        if (last >= (left.get(topic) ?? 0n)) left.delete(topic);
        if (left.size === 0) done.resolve();
      },
    });
    await done.promise;
    return messages;
  } finally {
    await Promise.all([consumer.disconnect(), admin.disconnect()]);
  }
}

interface Raw {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, unknown>>;
}

function toMessage(topic: string, { key, value, headers = {} }: Raw): TopicMessage {
  const told = Object.entries(headers).map(([name, text]) => [name, String(text)] as const);
  const bytes = Buffer.concat([
    Buffer.from(told.flat().join('\n')),
    ...[key, value].map((part) => part ?? Buffer.of()),
  ]);
  return { topic, headers: Object.fromEntries(told), bytes };
}
