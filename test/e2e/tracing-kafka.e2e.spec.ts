import { rmSync } from 'node:fs';
import { expect, it, jest } from '@jest/globals';
import { describeWith } from '@ihala/test-servers';
import { Cluster } from '../distributed/cluster.js';
import { Client, eventually, Tokens } from './client.js';
import { fatima } from './people.js';
import { build } from './server-process.js';
import { lineage, sendingTo, SpanReceiver } from './span-receiver.js';
import { consented, opened, referred } from './stories.js';
import { newFolder } from './world.js';

jest.setTimeout(180_000);

/** Two services, apart from those of others on the same servers. */
function cluster(folder: string, receiver: SpanReceiver, prefix: string): Promise<Cluster> {
  const env = { IHALA_SECTORS: 'health', ...sendingTo(receiver) };
  return Cluster.start({ folder, replicas: 1, services: ['cases', 'health'], prefix, env });
}

await describeWith('kafka', 'one request to one process', () => {
  it('is one trace through the topic, in the other one, and back', async () => {
    build();
    const folder = newFolder();
    const prefix = `trace-${crypto.randomUUID().slice(0, 8)}`;
    const receiver = await SpanReceiver.start();
    const running = await cluster(folder, receiver, prefix);
    try {
      const [cases, health] = (['cases', 'health'] as const).map((name) => running.replicasOf(name)[0]!.url);
      const token = await new Tokens(cases!).of(fatima);
      const [atCases, atHealth] = [new Client(cases!, token), new Client(health!, token)];
      const caseId = await opened(atCases);
      const consentId = await consented(atCases, caseId, 'sante');
      await eventually(() => referred(atHealth, caseId, consentId), 30_000);
      const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
      const path = `/v1/cases/${caseId}/consents/${consentId}/withdrawal`;
      const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
      expect((await atCases.post(path, { reason: 'No more.' }, { traceparent })).outcome).toBe('200');
      const topics = { cases: `${prefix}.cases.v1`, health: `${prefix}.health.v1` };
      const spans = await eventually(async () => {
        const found = receiver.trace(traceId);
        expect(found.map(({ name }) => name)).toContain(`observe ${topics.health}`);
        return found;
      }, 30_000);
      const last = spans.find(({ name }) => name === `observe ${topics.health}`)!;
      expect(lineage(spans, last).map(({ service, name }) => `${service as string}: ${name}`)).toEqual([
        'cases: POST /v1/cases/:caseId/consents/:consentId/withdrawal',
        'cases: append cases',
        'health: follow up referral-follow-ups',
        'health: append health',
        `cases: observe ${topics.health}`,
      ]);
      const append = spans.find(({ name }) => name === 'append cases')!;
      const carried = { parentSpanId: append.spanId, attributes: kafka(topics.cases) };
      expect(spans.find(({ name }) => name === `send ${topics.cases}`)).toMatchObject({ kind: 3, ...carried });
      expect(spans.find(({ name }) => name === `observe ${topics.cases}`)).toMatchObject({
        ...{ kind: 5, service: 'health', parentSpanId: append.spanId },
        attributes: { ...kafka(topics.cases), 'messaging.consumer.group.name': `${prefix}.health.cases` },
      });
      expect(JSON.stringify(receiver.spans)).not.toMatch(/Aminata|Diallo|alaoui|No more|Bearer|127\.0/);
    } finally {
      await running.stop('SIGKILL');
      await receiver.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

const kafka = (topic: string) => ({
  'messaging.system': 'kafka',
  'messaging.destination.name': topic,
  'messaging.destination.partition.id': '0',
});
