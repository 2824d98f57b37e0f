import { scaleConformance } from '@ihala/event-log/conformance';
import { makeSqliteEngine } from './sqlite-engine.fixtures.js';

scaleConformance('SQLite', makeSqliteEngine);
