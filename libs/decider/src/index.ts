export * from './decider.js';
export { given } from './given.js';
