export { KafkaCarrier } from './carrier.js';
export { type KafkaOptions } from './connection.js';
export { KafkaObserver, type KafkaObserverOptions } from './kafka-observer.js';
export { KafkaRelay, type RelayOptions } from './relay.js';
export { Names, UnfitTopic, type TopicOptions } from './topics.js';
export { Unreadable } from './cloud-event.js';
export { eventMessage, headMessage, resendMessage } from './messages.js';
