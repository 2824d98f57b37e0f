import { describe } from '@jest/globals';
import { appendConformance, readConformance } from './appends.js';
import type { MakeEngine } from './engine.js';
import { freshViewConformance } from './fresh-views.js';
import { observeConformance } from './observing.js';
import { parkedWorkConformance } from './parked-work.js';
import { raceConformance } from './races.js';
import { reactionConformance } from './reactions.js';
import { stormConformance } from './storm.js';
import { timerConformance } from './timers.js';
import { viewQueryConformance } from './view-queries.js';
import { viewBuildConformance } from './view-builds.js';
import { viewConformance } from './views.js';

export * from './engine.js';
export { observerConformance, type Carriage } from './observers.js';
export { scaleConformance } from './scale.js';

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
    viewBuildConformance(makeEngine);
    freshViewConformance(makeEngine);
    viewQueryConformance(makeEngine);
  });
}

/** What every reaction store must do, under reactions and timers at work. */
export function followUpConformance(name: string, makeEngine: MakeEngine): void {
  describe(`${name}: reactions and timers`, () => {
    reactionConformance(makeEngine);
    parkedWorkConformance(makeEngine);
    timerConformance(makeEngine);
  });
}
