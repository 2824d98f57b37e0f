import { KafkaPair } from './kafka-lanes.js';
import { stage, type Stage } from './stages.js';

const carrier = stage<KafkaPair>({
  open: ({ folder }) => KafkaPair.open(folder),
  contests: [
    {
      name: 'relay',
      ...{ unit: 'events', floor: 'raw kafkajs producer: the same messages at hand, as many a send', target: 0.7 },
      lanes: (pair) => pair.relay(),
    },
    {
      name: 'observe',
      ...{ unit: 'events', floor: 'raw kafkajs consumer: the same rows, parsed, in as many durable transactions' },
      lanes: (pair) => pair.observe(),
    },
  ],
});

/** What the engine of several machines is measured by; each stage brings its own servers. */
export const distributedStages: readonly Stage[] = [carrier];
