import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { broken } from './broken.js';
import { eventually } from './client.js';
import { fatima } from './people.js';
import { consented, move, opened, sent } from './stories.js';
import { withdrawnUnreadably } from './unreadable.js';
import { World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());

/** Samples by name and labels, as Prometheus reads them. */
async function samples(): Promise<ReadonlyMap<string, number>> {
  const { text } = await world.anybody.get('/metrics');
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

describe('metrics', () => {
  it('tell how long commands took, by service, command and outcome', async () => {
    const by = await world.as(fatima);
    const { referralId } = await sent(by);
    const caseId = await opened(by);
    const note = () => by.post(`/v1/cases/${caseId}/notes`, { text: 'x' }, { 'idempotency-key': 'once' });
    await note();
    expect((await note()).replayed).toBe(true);
    expect((await move(by, referralId, 'acceptance')).status).toBe(403);
    const now = await samples();
    const count = (labels: string) => now.get(`ihala_command_duration_seconds_count{${labels}}`);
    expect(count('service="cases",command="/v1/cases/:caseId/notes",outcome="done"')).toBe(1);
    expect(count('service="cases",command="/v1/cases/:caseId/notes",outcome="replayed"')).toBe(1);
    expect(count('service="health",command="/v1/health/referrals/:referralId/acceptance",outcome="refused"')).toBe(1);
    expect([...now.keys()].filter((name) => /command.*dev\/token/.test(name))).toEqual([]);
  });

  it('tell how many events each commit held', async () => {
    const by = await world.as(fatima);
    const before = await samples();
    await Promise.all(Array.from({ length: 10 }, () => opened(by)));
    const after = await samples();
    const grown = (name: string) => after.get(name)! - before.get(name)!;
    // an opening is two events: the case, and its reference
    expect(grown('ihala_append_batch_events_sum{service="cases"}')).toBe(20);
    expect(grown('ihala_append_batch_events_count{service="cases"}')).toBeLessThanOrEqual(10);
    expect(grown('ihala_append_batch_events_sum{service="audit"}') || 0).toBe(0);
  });

  it('tell how far each view and each copy is behind', async () => {
    const by = await world.as(fatima);
    const view = 'ihala_view_behind_positions{service="cases",view="cases"}';
    const source = 'ihala_source_behind_sequences{service="audit",source="cases"}';
    await eventually(async () => {
      expect([(await samples()).get(view), (await samples()).get(source)]).toEqual([0, 0]);
    });
    const mend = [broken(world.folder, 'cases', 'view:cases@1'), broken(world.folder, 'audit', 'events')];
    await opened(by);
    await eventually(async () => {
      const now = await samples();
      expect([now.get(view), now.get(source)]).toEqual([2, 2]);
    });
    for (const each of mend) each();
    await eventually(async () => {
      const now = await samples();
      expect([now.get(view), now.get(source)]).toEqual([0, 0]);
    });
    expect((await samples()).get('ihala_source_forked{service="audit",source="cases"}')).toBe(0);
  }, 20_000);

  it('tell how far each reaction is behind, how late each timer is, and what is parked', async () => {
    const by = await world.as(fatima);
    const reaction = 'ihala_reaction_behind_positions{service="health",reaction="referral-follow-ups"}';
    const timer = 'ihala_timer_late_seconds{service="cases",timer="consent-expiry"}';
    const parked = 'ihala_parked{service="health"}';
    const read = async () => {
      const now = await samples();
      return [reaction, timer, parked].map((name) => now.get(name));
    };
    await eventually(async () => expect(await read()).toEqual([0, 0, 0]));
    const caseId = await opened(by);
    await withdrawnUnreadably(world.service('cases').store.log, caseId);
    await eventually(async () => expect(await read()).toEqual([0, 0, 1]));
    const mend = [
      broken(world.folder, 'health', 'reactions'),
      broken(world.folder, 'cases', 'parked'),
      broken(world.folder, 'cases', 'events', `WHEN NEW.body LIKE '%"ConsentExpired"%'`),
    ];
    await consented(by, await opened(by), 'sante', { expiresAt: new Date(Date.now() + 200).toISOString() });
    await eventually(async () => {
      const [behind, late] = await read();
      // the case, its reference, its consent
      expect(behind).toBe(3);
      expect(late).toBeGreaterThan(0.2);
    });
    for (const each of mend) each();
    await eventually(async () => expect(await read()).toEqual([0, 0, 1]), 20_000);
  }, 40_000);

  it('count refusals by code, and what has no route as one', async () => {
    for (let n = 0; n < 3; n += 1) await world.anybody.get(`/v1/aminata-${n}`);
    const now = await samples();
    expect(now.get('ihala_refusals_total{service="standalone",code="route.not-found"}')).toBe(3);
    const unknown = 'service="standalone",method="GET",route="unknown",status="404"';
    expect(now.get(`ihala_http_request_duration_seconds_count{${unknown}}`)).toBe(3);
    expect([...now.keys()].join('\n')).not.toMatch(/aminata|f\.alaoui|entraide/i);
  });

  it('are all explained to operators, and none that there is not', async () => {
    const { text } = await world.anybody.get('/metrics');
    const told = text.matchAll(/^# TYPE (ihala_\w+)/gm);
    const explained = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8').matchAll(
      /^\| `(ihala_\w+)` +\|/gm,
    );
    const names = (found: Iterable<RegExpExecArray>) => [...found].map(([, name]) => name).toSorted();
    expect(names(told)).toEqual(names(explained));
  });

  it('tell what the process is and how it is', async () => {
    const now = await samples();
    const [build] = [...now].find(([name]) => name.startsWith('ihala_build_info')) ?? [];
    expect(build).toContain(`node="${process.versions.node}"`);
    expect(now.get('process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(now.get('ihala_storage_writable{service="cases"}')).toBe(1);
  });
});
