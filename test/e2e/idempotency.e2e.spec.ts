import { idempotency } from './idempotency.stories.js';
import { World } from './world.js';

idempotency(() => World.start());
