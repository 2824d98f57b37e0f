export { KafkaCarrier } from './carrier.js';
export { type KafkaOptions } from './connection.js';
export { Names, UnfitTopic, type TopicOptions } from './topics.js';
export { Unreadable } from './cloud-event.js';
export { eventMessage, headMessage, resendMessage } from './messages.js';
