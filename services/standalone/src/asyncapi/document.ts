import { Names } from '@ihala/carrier-kafka';
import { operationsEvents } from '@ihala/contracts';
import type { ServiceBlueprint } from '@ihala/service-kit';
import { eventMessage, notices, schemas } from './schemas.js';

type Part = Readonly<Record<string, unknown>>;
type Described = Pick<ServiceBlueprint, 'name' | 'events' | 'observes'>;

const description =
  `Every service owns one log of events and publishes it on one topic of one partition, in order, each event at
least once. Whoever receives starts from the beginning, drops what it has, and asks for what it lacks: the log is the truth, never
the topic. Messages are CloudEvents 1.0 in the binary mode of the Kafka protocol binding. Headers and keys hold no personal data;
in values it is sealed, and readable only with a key that can be destroyed.`.replaceAll('\n', ' ');

/** What services say to each other over Kafka, as an AsyncAPI 3.0 document. */
export function asyncApi(services: readonly Described[]): Part {
  const names = new Names();
  const published = services.map((service) => ({ ...service, events: { ...service.events, ...operationsEvents } }));
  const messages = Object.assign({}, ...published.map(({ events }) => messagesOf(events))) as Part;
  return {
    asyncapi: '3.0.0',
    info: { title: 'Ihala', version: '1', description, license: { name: 'EUPL-1.2' } },
    defaultContentType: 'application/json',
    channels: {
      ...Object.fromEntries(
        published.map(({ name, events }) => [logOf(name), channel(names.log(name), [...Object.keys(events), 'Head'])]),
      ),
      resend: channel(names.resend, ['ResendRequest']),
      unreadable: channel(names.unreadable, ['Unreadable']),
    },
    operations: Object.assign({}, ...services.map((service) => operationsOf(service, services))) as Part,
    components: { messages: { ...messages, ...notices }, schemas },
  };
}

const messagesOf = (events: Described['events']): Part =>
  Object.fromEntries(Object.entries(events).map(([type, schema]) => [type, eventMessage(type, schema)]));

const logOf = (service: string): string => `log-of-${service}`;

const channel = (topic: string, messages: readonly string[]): Part => ({
  address: topic,
  messages: Object.fromEntries(messages.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
  bindings: { kafka: { topic, partitions: 1, topicConfiguration: { 'cleanup.policy': ['delete'] } } },
});

function operationsOf({ name, observes }: Described, services: readonly Described[]): Part {
  const sources = services
    .map((service) => service.name)
    .filter((source) => source !== name && (observes === 'every service' || observes.includes(source)));
  const operation = (action: 'send' | 'receive', to: string, summary: string): Part => ({
    action,
    channel: { $ref: `#/channels/${to}` },
    summary,
  });
  return {
    [`${name}-relays`]: operation(
      'send',
      logOf(name),
      'Its own events, in order, and every second how far its log goes.',
    ),
    [`${name}-sends-again`]: operation('receive', 'resend', 'Sends again what is asked of it, to its topic.'),
    ...Object.fromEntries(
      sources.map((source) => [
        `${name}-observes-${source}`,
        operation('receive', logOf(source), 'Copies every event into its own log.'),
      ]),
    ),
    [`${name}-asks`]: operation('send', 'resend', 'Asks for what it lacks.'),
    [`${name}-keeps-unreadable`]: operation('send', 'unreadable', 'Keeps what it could not read.'),
  };
}
