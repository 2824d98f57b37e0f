export * from './envelope.js';
export * from './event-log.js';
export * from './view-store.js';
export { auditLeaf, assertPlainJson } from './leaf.js';
export { assertAppend, assertObservable } from './admission.js';
export { foldBatch, indexFor, type DocumentChanges } from './view-batch.js';
export { ViewRunner, type FollowOptions, type ViewLag } from './subscription.js';
export { Observer, asSource, type SourceLog } from './observer.js';
