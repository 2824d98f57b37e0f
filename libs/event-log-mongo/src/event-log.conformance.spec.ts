import { jest } from '@jest/globals';
import {
  eventLogConformance,
  followUpConformance,
  observerConformance,
  viewStoreConformance,
} from '@ihala/event-log/conformance';
import { describeWith } from '@ihala/test-servers';
import { makeMongoEngine } from './mongo-engine.fixtures.js';

// a crash may leave a transaction, and for as long as the server lets it live others wait
jest.setTimeout(60_000);

await describeWith('mongodb', 'MongoDB', (uri) => {
  const makeEngine = () => makeMongoEngine(uri);
  eventLogConformance('MongoDB', makeEngine);
  viewStoreConformance('MongoDB', makeEngine);
  observerConformance('MongoDB', makeEngine);
  followUpConformance('MongoDB', makeEngine);
});
