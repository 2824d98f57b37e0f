export * from './commands.js';
export * from './decide.js';
export * from './events.js';
export * from './protocol.js';
export * from './sending.js';
export * from './state.js';
