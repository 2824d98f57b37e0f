import { scaleConformance } from '@ihala/event-log/conformance';
import { describeWith } from '@ihala/test-servers';
import { makeMongoEngine } from './mongo-engine.fixtures.js';

await describeWith('mongodb', 'MongoDB', (uri) => scaleConformance('MongoDB', () => makeMongoEngine(uri)));
