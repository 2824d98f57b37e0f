import {
  eventLogConformance,
  followUpConformance,
  observerConformance,
  viewStoreConformance,
} from '@ihala/event-log/conformance';
import { describeWith } from '@ihala/test-servers';
import { makeMongoEngine } from './mongo-engine.fixtures.js';

await describeWith('mongodb', 'MongoDB', (uri) => {
  const makeEngine = () => makeMongoEngine(uri);
  eventLogConformance('MongoDB', makeEngine);
  viewStoreConformance('MongoDB', makeEngine);
  observerConformance('MongoDB', makeEngine);
  followUpConformance('MongoDB', makeEngine);
});
