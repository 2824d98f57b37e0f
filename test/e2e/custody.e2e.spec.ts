import { custody } from './custody.stories.js';
import { World } from './world.js';

custody(() => World.start());
