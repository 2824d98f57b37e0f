import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What topics and groups are called. Installations that share a cluster differ in the prefix. */
export class Names {
  constructor(private readonly prefix = 'ihala') {}

  /** The topic of a service's log. */
  log(service: string): string {
    return `${this.prefix}.${service}.v1`;
  }

  /** Receivers ask here for what they lack. */
  get resend(): string {
    return `${this.prefix}.resend.v1`;
  }

  /** What receivers could not read is kept here. */
  get unreadable(): string {
    return `${this.prefix}.unreadable.v1`;
  }

  /** All processes of a receiver that share the copying of a source. */
  copying(receiver: string, source: string): string {
    return `${this.prefix}.${receiver}.${source}`;
  }

  /** All processes that may send a service's log again. */
  relaying(service: string): string {
    return `${this.prefix}.${service}.relay`;
  }
}

export interface TopicOptions {
  /** copies of each topic; default 3 */
  readonly replication?: number;
  /** how many of them must have a message before it counts as sent; default 2 */
  readonly minInSync?: number;
  /** how long events stay, in ms; default 7 days. What has expired is sent again when asked for */
  readonly retentionMs?: number;
}

interface Topic {
  readonly topic: string;
  /** -1: for ever */
  readonly retentionMs: number;
}

/** A topic is there, and is not what it has to be. */
export class UnfitTopic extends Error {}

const DAY_MS = 24 * 60 * 60 * 1000;
/** An event is far smaller; a relay's batch is, too. */
const MOST_BYTES = 4 * 1024 * 1024;
const PATIENCE_MS = 10_000;

/**
 * Makes the topics of these services' logs, and those that all share, unless they are there: then they are checked. May run in
 * many processes at once.
 * @throws UnfitTopic naming all that is wrong
 */
export async function ensureTopics(
  { kafka, names }: { readonly kafka: Kafka; readonly names: Names },
  services: readonly string[],
  { replication = 3, minInSync = 2, retentionMs = 7 * DAY_MS }: TopicOptions,
): Promise<void> {
  const wanted: readonly Topic[] = [
    ...services.map((service) => ({ topic: names.log(service), retentionMs })),
    { topic: names.resend, retentionMs: DAY_MS },
    { topic: names.unreadable, retentionMs: -1 },
  ];
  const admin = kafka.admin();
  await admin.connect();
  try {
    await create(admin, wanted, { replication, minInSync });
    const flaws = await flawsOf(admin, wanted, { replication, minInSync });
    if (flaws.length > 0) throw new UnfitTopic(`${flaws.join('; ')}: change the topics, or what is asked of them`);
  } finally {
    await admin.disconnect();
  }
}

interface Copies {
  readonly replication: number;
  readonly minInSync: number;
}

async function create(admin: Admin, wanted: readonly Topic[], { replication, minInSync }: Copies): Promise<void> {
  const there = await admin.listTopics();
  const missing = wanted.filter(({ topic }) => !there.includes(topic));
  if (missing.length === 0) return;
  await admin.createTopics({
    waitForLeaders: false,
    topics: missing.map(({ topic, retentionMs }) => ({
      topic,
      numPartitions: 1,
      replicationFactor: replication,
      configEntries: [
        { name: 'cleanup.policy', value: 'delete' },
        { name: 'min.insync.replicas', value: String(minInSync) },
        { name: 'retention.ms', value: String(retentionMs) },
        { name: 'max.message.bytes', value: String(MOST_BYTES) },
      ],
    })),
  });
  await seen(admin, wanted);
}

/** A new topic is known to each broker a little later. */
async function seen(admin: Admin, wanted: readonly Topic[]): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const there = await admin.listTopics();
    if (wanted.every(({ topic }) => there.includes(topic)) || performance.now() > until) return;
    await sleep(50);
  }
}

async function flawsOf(admin: Admin, wanted: readonly Topic[], { replication, minInSync }: Copies): Promise<string[]> {
  const there = wanted.map(({ topic }) => topic);
  const { topics } = await admin.fetchTopicMetadata({ topics: there });
  const resources = there.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name }));
  const configs = await admin.describeConfigs({ resources, includeSynonyms: false });
  return wanted.flatMap(({ topic, retentionMs }) => {
    const partitions = topics.find(({ name }) => name === topic)?.partitions ?? [];
    const entries = configs.resources.find(({ resourceName }) => resourceName === topic)?.configEntries ?? [];
    const value = (name: string) => entries.find(({ configName }) => configName === name)?.configValue ?? '';
    const atLeast = (name: string, least: number) => {
      const found = Number(value(name));
      return (found === -1 || found >= least) && (least !== -1 || found === -1)
        ? []
        : [`${name} is ${found}, not ${least} or more`];
    };
    const copies = Math.min(...partitions.map(({ replicas }) => replicas.length));
    return [
      ...(partitions.length === 1 ? [] : [`has ${partitions.length} partitions, not one`]),
      ...(copies >= replication ? [] : [`has ${copies} copies, not ${replication} or more`]),
      ...(value('cleanup.policy') === 'delete' ? [] : [`cleanup.policy is ${value('cleanup.policy')}, not delete`]),
      ...atLeast('min.insync.replicas', minInSync),
      ...atLeast('retention.ms', retentionMs),
      ...atLeast('max.message.bytes', MOST_BYTES),
    ].map((flaw) => `${topic} ${flaw}`);
  });
}
