export * from './case-events.js';
export * from './classes.js';
export * from './event-schema.js';
export * from './fields.js';
export * from './operations-events.js';
export * from './person.js';
export * from './referral-events.js';
