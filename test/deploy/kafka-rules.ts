import { ofKind, type Acl, type ClusterObject } from './cluster.js';
import { services } from './settings.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** As the carrier makes them: libs/carrier-kafka. */
const MOST_BYTES = 4 * 1024 * 1024;
const logOf = (service: string) => `ihala.${service}.v1`;

interface Agreed {
  readonly IHALA_KAFKA_REPLICATION: string;
  readonly IHALA_KAFKA_RETENTION_HOURS: string;
}

function topicFaults(objects: readonly ClusterObject[], agreed: Agreed): string[] {
  const replicas = Number(agreed.IHALA_KAFKA_REPLICATION);
  const retention = new Map([
    ...services.map((service) => [logOf(service), Number(agreed.IHALA_KAFKA_RETENTION_HOURS) * 3_600_000] as const),
    ['ihala.resend.v1', DAY_MS],
    ['ihala.unreadable.v1', -1],
  ]);
  const topics = ofKind(objects, 'KafkaTopic');
  const names = topics.map(({ metadata }) => metadata.name);
  return [
    ...[...retention.keys()].filter((name) => !names.includes(name)).map((name) => `there is no topic ${name}`),
    ...topics.flatMap(({ metadata: { name }, spec }) => {
      const wanted = {
        'cleanup.policy': 'delete',
        'min.insync.replicas': Math.max(1, replicas - 1),
        'retention.ms': retention.get(name),
        'max.message.bytes': MOST_BYTES,
      };
      return [
        ...(spec?.partitions === 1 ? [] : [`${name}: has ${spec?.partitions} partitions`]),
        ...(spec?.replicas === replicas ? [] : [`${name}: has ${spec?.replicas} copies, not ${replicas}`]),
        ...Object.entries(wanted)
          .filter(([key, value]) => spec?.config?.[key] !== value)
          .map(([key, value]) => `${name}: ${key} is ${spec?.config?.[key]}, not ${value}`),
      ];
    }),
  ];
}

const covers = ({ type, name, patternType }: Acl['resource'], topic: string) =>
  type === 'topic' && (patternType === 'prefix' ? topic.startsWith(name) : topic === name);

/** Logs that a user may do this with. */
const logsOf = (user: ClusterObject, operation: string): string[] => {
  const acls = user.spec?.authorization?.acls.filter(({ operations }) => operations?.includes(operation)) ?? [];
  return services.filter((service) => acls.some(({ resource }) => covers(resource, logOf(service))));
};

function userFaults(objects: readonly ClusterObject[]): string[] {
  const users = new Map(ofKind(objects, 'KafkaUser').map((user) => [user.metadata.name, user]));
  return services.flatMap((service) => {
    const user = users.get(`ihala-${service}`);
    if (!user) return [`${service}: has no Kafka user`];
    const hears = service === 'cases' || service === 'audit' ? [...services] : [...new Set(['cases', service])];
    const reads = logsOf(user, 'Read');
    const writes = logsOf(user, 'Write');
    return [
      ...(reads.toSorted().join() === hears.toSorted().join() ? [] : [`${service}: may read ${reads.join(', ')}`]),
      ...(writes.join() === service ? [] : [`${service}: may write ${writes.join(', ')}`]),
      ...(user.spec?.authentication?.type === 'scram-sha-512' ? [] : [`${service}: says who it is in another way`]),
    ];
  });
}

/** What is wrong with topics and with who may read and write them. @param users once each service has its name */
export const kafkaFaults = (objects: readonly ClusterObject[], agreed: Agreed, users = true): string[] => [
  ...topicFaults(objects, agreed),
  ...(users ? userFaults(objects) : []),
];
