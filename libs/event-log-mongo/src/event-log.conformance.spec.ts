import {
  eventLogConformance,
  followUpConformance,
  observerConformance,
  viewStoreConformance,
} from '@ihala/event-log/conformance';
import { makeMongoEngine } from './mongo-engine.fixtures.js';
import { describeWithMongo } from './server.fixtures.js';

describeWithMongo('MongoDB', (uri) => {
  const makeEngine = () => makeMongoEngine(uri);
  eventLogConformance('MongoDB', makeEngine);
  viewStoreConformance('MongoDB', makeEngine);
  observerConformance('MongoDB', makeEngine);
  followUpConformance('MongoDB', makeEngine);
});
