import { shared } from './servers.js';

export { describeWith, describeWithAll, describeWithOwn } from './describe-with.js';
export { NoServer } from './keeper-client.js';
export type { KafkaOptions, Kind, MongodOptions } from './protocol.js';
export { ReplicaSet, Server, startKafka, startMongod, startRedis, startReplicaSet } from './servers.js';

/** A shared replica set, as `mongodb://…`: use a database of your own. Transactions live for 5 s at most. */
export const mongodb = (): Promise<string> => shared('mongodb');

/** A shared broker, as `host:port`, or several, with commas between: use topics of your own. */
export const kafka = (): Promise<string> => shared('kafka');

/** A shared server, as `redis://…`: use a prefix of your own. */
export const redis = (): Promise<string> => shared('redis');
