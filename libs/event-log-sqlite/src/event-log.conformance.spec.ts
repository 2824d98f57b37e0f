import {
  eventLogConformance,
  followUpConformance,
  observerConformance,
  viewStoreConformance,
} from '@ihala/event-log/conformance';
import { makeSqliteEngine } from './sqlite-engine.fixtures.js';

eventLogConformance('SQLite', makeSqliteEngine);
viewStoreConformance('SQLite', makeSqliteEngine);
observerConformance('SQLite', makeSqliteEngine);
followUpConformance('SQLite', makeSqliteEngine);
