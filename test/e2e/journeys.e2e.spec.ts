import { journeys } from './journeys.stories.js';
import { World } from './world.js';

journeys(() => World.start());
