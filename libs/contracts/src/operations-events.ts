import { z } from 'zod';
import { event } from './event-schema.js';
import { clear, text } from './fields.js';

/** What every service publishes about its own running. */
export const operationsEvents = {
  /** An operator gave up on something that should have followed of itself. */
  ErrandSkipped: event(
    1,
    {
      /** of the reaction or timer */
      reaction: clear.openCode(),
      /** why it was parked */
      code: clear.problem(),
      at: clear.instant(),
    },
    { texts: z.strictObject({ reason: text(2000) }) },
  ),
};
