import { scaleConformance } from '@ihala/event-log/conformance';
import { makeMongoEngine } from './mongo-engine.fixtures.js';
import { describeWithMongo } from './server.fixtures.js';

describeWithMongo('MongoDB', (uri) => scaleConformance('MongoDB', () => makeMongoEngine(uri)));
