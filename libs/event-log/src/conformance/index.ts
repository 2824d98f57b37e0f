import { describe } from '@jest/globals';
import { appendConformance, readConformance } from './appends.js';
import type { MakeEngine } from './engine.js';
import { observeConformance } from './observing.js';
import { raceConformance } from './races.js';
import { stormConformance } from './storm.js';
import { viewQueryConformance } from './view-queries.js';
import { viewConformance } from './views.js';

export * from './engine.js';
export { observerConformance } from './observers.js';

/** What every event log must do. */
export function eventLogConformance(name: string, makeEngine: MakeEngine): void {
  describe(`${name}: event log`, () => {
    appendConformance(makeEngine);
    readConformance(makeEngine);
    raceConformance(makeEngine);
    stormConformance(makeEngine);
    observeConformance(makeEngine);
  });
}

/** What every view store must do. */
export function viewStoreConformance(name: string, makeEngine: MakeEngine): void {
  describe(`${name}: view store`, () => {
    viewConformance(makeEngine);
    viewQueryConformance(makeEngine);
  });
}
