import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../install/run.js';
import type { KafkaOptions } from '../protocol.js';
import { exchange } from './exchange.js';
import type { Recipe } from './instance.js';
import { freePorts } from './ports.js';

const CLUSTER = 'aWhhbGEtdGVzdC1rYWZrYQ';
// a broker of one topic or ten is soon compiled well enough, and the cores are wanted for the tests
const JVM = ['-Xms128m', '-Xmx320m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

type Settings = Readonly<Record<string, string | number>>;

/** A broker in KRaft mode, its own controller. Its own business goes over a listener apart, whatever the first one asks of clients. */
export async function kafkaRecipe(options: KafkaOptions): Promise<Recipe> {
  const [port, inside, controller] = (await freePorts(3)) as [number, number, number];
  const all: Settings = { ...basics, ...listeners([port, inside, controller], options), ...options.settings };
  return {
    address: `127.0.0.1:${port}`,
    port,
    container: {
      parameters: [],
      environment: { CLUSTER_ID: CLUSTER, KAFKA_HEAP_OPTS: JVM.slice(0, 2).join(' '), ...asEnvironment(all) },
    },
    native: (home, folder) => formatted(home, folder, all),
    ready: () => hasBroker(inside),
  };
}

const basics: Settings = {
  'process.roles': 'broker,controller',
  'node.id': 1,
  'log.dirs': '/tmp/kafka-data',
  'offsets.topic.replication.factor': 1,
  'offsets.topic.num.partitions': 1,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'transaction.state.log.num.partitions': 1,
  'share.coordinator.state.topic.replication.factor': 1,
  'group.initial.rebalance.delay.ms': 0,
  'auto.create.topics.enable': 'false',
  // a broker that was killed may register again only when its last session is over: 9 s unless told otherwise
  'broker.session.timeout.ms': 2000,
  'broker.heartbeat.interval.ms': 400,
};

const listeners = (
  [port, inside, controller]: readonly [number, number, number],
  { protocol = 'PLAINTEXT', advertisedPort = port }: KafkaOptions,
): Settings => ({
  'controller.quorum.voters': `1@127.0.0.1:${controller}`,
  listeners: `CLIENT://127.0.0.1:${port},INSIDE://127.0.0.1:${inside},CONTROLLER://127.0.0.1:${controller}`,
  'advertised.listeners': `CLIENT://127.0.0.1:${advertisedPort},INSIDE://127.0.0.1:${inside}`,
  'listener.security.protocol.map': `CLIENT:${protocol},INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT`,
  'inter.broker.listener.name': 'INSIDE',
  'controller.listener.names': 'CONTROLLER',
});

/** As the image `apache/kafka` reads them. */
const asEnvironment = (settings: Settings) =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`KAFKA_${name.toUpperCase().replaceAll('.', '_')}`, `${value}`]),
  );

async function formatted(home: string, folder: string, settings: Settings) {
  const file = join(folder, 'server.properties');
  const here = { ...settings, 'log.dirs': join(folder, 'data') };
  writeFileSync(
    file,
    Object.entries(here)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const java = (...rest: string[]) => [...JVM, '-cp', join(home, '*'), ...rest];
  await run('java', java('kafka.tools.StorageTool', 'format', '-t', CLUSTER, '-c', file));
  return { program: 'java', parameters: java('kafka.Kafka', file) };
}

/** A request for metadata, version 1, of no topics: the answer counts the brokers that have their place. */
async function hasBroker(port: number): Promise<boolean> {
  const request = Buffer.alloc(18);
  request.writeInt32BE(14, 0);
  request.writeInt16BE(3, 4);
  request.writeInt16BE(1, 6);
  request.writeInt16BE(-1, 12);
  return (await exchange(port, request)).readInt32BE(8) > 0;
}
