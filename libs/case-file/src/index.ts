export * from './case.js';
export * from './event-types.js';
export * from './events.js';
