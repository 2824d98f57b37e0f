import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Client, eventually } from './client.js';
import { administrator, auditorOfCndp, fatima, hassan, nadia } from './people.js';
import { consented, opened, referred } from './stories.js';
import { withdrawnUnreadably } from './unreadable.js';
import { World } from './world.js';

let world: World;
let entraide: Client;
let operator: Client;
let caseId: string;
beforeAll(async () => {
  world = await World.start();
  [entraide, operator] = (await Promise.all([fatima, administrator].map((employee) => world.as(employee)))) as [
    Client,
    Client,
  ];
  caseId = await opened(entraide);
  for (let n = 0; n < 2; n += 1) await withdrawnUnreadably(world.service('cases').store.log, caseId);
});
afterAll(() => world.stop());

const parked = (count: number) =>
  eventually(async () => {
    const { items } = await operator.get('/v1/health/parked');
    expect(items).toHaveLength(count);
    return items;
  });

it('what a sector cannot read waits for an operator, who is told what and why, and nothing of the person', async () => {
  const [second, first] = await parked(2);
  expect(first).toMatchObject({
    status: 'parked',
    reaction: 'referral-follow-ups',
    occasionType: 'ConsentWithdrawn',
    target: `cases/case-${caseId}`,
    caseId,
    code: 'event.unreadable',
    attempts: 1,
    allowedActions: ['retry', 'skip'],
  });
  expect(second).toMatchObject({ code: 'event.unreadable', attempts: 1 });
  expect(second!['position']).toBeGreaterThan(first!['position'] as number);
  for (const language of ['fr', 'ar', 'en']) {
    const page = await operator.get('/v1/health/parked?limit=1', { 'accept-language': language });
    expect(page.items[0]).toMatchObject({ title: expect.any(String), detail: expect.any(String) });
    expect((await operator.get(`/v1/health/parked?cursor=${page.next}`)).items).toHaveLength(1);
  }
  expect((await operator.get('/v1/cases/parked')).items).toEqual([]);
});

it('is for administrators alone', async () => {
  for (const employee of [fatima, hassan, nadia, auditorOfCndp]) {
    const other = await world.as(employee);
    const answers = [
      await other.get('/v1/health/parked'),
      await other.post('/v1/health/parked/nothing/retry'),
      await other.post('/v1/health/parked/nothing/skip', { reason: 'x' }),
    ];
    expect(answers.map(({ outcome }) => outcome)).toEqual(Array(3).fill('403 access.forbidden'));
  }
  expect((await operator.post('/v1/health/parked/nothing/retry')).outcome).toBe('404 parked.not-found');
  expect((await operator.post('/v1/health/parked/nothing/skip', { reason: 'x' })).outcome).toBe('404 parked.not-found');
});

it('is tried again when the operator asks, what came first before what came then', async () => {
  const [second] = await parked(2);
  const retried = await operator.post(`/v1/health/parked/${second!['id'] as string}/retry`);
  expect(retried.body).toMatchObject({ id: second!['id'], status: 'parked', attempts: 1 });
  expect((await parked(2))[1]).toMatchObject({ code: 'event.unreadable', attempts: 2 });
});

it('is tried again once for one key, and not when it changed since it was looked at', async () => {
  const [, first] = await parked(2);
  const path = `/v1/health/parked/${first!['id'] as string}`;
  const seen = { 'if-match': `"${first!['version'] as number}"` };
  const key = { 'idempotency-key': 'once-more', ...seen };
  const retried = await operator.post(`${path}/retry`, {}, key);
  expect([retried.outcome, retried.replayed, retried.body['attempts']]).toEqual(['200', false, 3]);
  expect(retried.etag).toBe(`"${retried.body['version'] as number}"`);
  const again = await operator.post(`${path}/retry`, {}, key);
  expect([again.replayed, again.body, again.etag]).toEqual([true, retried.body, retried.etag]);
  const late = [
    await operator.post(`${path}/retry`, {}, seen),
    await operator.post(`${path}/skip`, { reason: 'x' }, seen),
    await operator.post(`${path}/retry`, { again: true }, seen),
    await operator.post(`${path}/retry`, {}, { ...key, 'idempotency-key': 'not an id' }),
  ];
  expect(late.map(({ outcome }) => outcome)).toEqual([
    '412 precondition.failed',
    '412 precondition.failed',
    '400 request.invalid',
    '400 request.invalid',
  ]);
  expect((await parked(2))[1]).toMatchObject({ attempts: 3, version: retried.body['version'] });
});

it('is given up on for a reason that stays in the log; what waited behind it is tried', async () => {
  const [, first] = await parked(2);
  const path = `/v1/health/parked/${first!['id'] as string}/skip`;
  expect((await operator.post(path)).outcome).toBe('400 request.invalid');
  const key = { 'idempotency-key': 'skip-the-first' };
  const reason = { reason: 'The consent of Aminata Diallo was recorded again.' };
  const skipped = await operator.post(path, reason, { ...key, 'if-match': `"${first!['version'] as number}"` });
  expect(skipped.body).toMatchObject({ status: 'skipped', allowedActions: [] });
  const again = await operator.post(path, reason, key);
  expect([again.replayed, again.body, again.etag]).toEqual([true, skipped.body, skipped.etag]);
  expect((await operator.post(path, reason)).outcome).toBe('404 parked.not-found');
  expect(await parked(1)).toMatchObject([{ code: 'event.unreadable', attempts: 2 }]);

  const auditor = await world.as(auditorOfCndp);
  const skips = await eventually(async () => {
    const { items, text } = await auditor.get(`/v1/audit/events?caseId=${caseId}&source=health`);
    expect(items).toHaveLength(1);
    expect(text).not.toContain('Diallo');
    return items;
  });
  expect(skips).toMatchObject([
    {
      type: 'ErrandSkipped',
      data: { reaction: 'referral-follow-ups', code: 'event.unreadable' },
      actor: { role: 'administrator' },
    },
  ]);
});

it('that works is done, and stays so for who asks again with the same key', async () => {
  const caseId = await opened(entraide);
  const consentId = await consented(entraide, caseId, 'sante');
  const referralId = await referred(entraide, caseId, consentId);
  const { log } = world.service('health').store;
  const append = log.append.bind(log);
  log.append = () => Promise.reject(new Error('a fault'));
  await entraide.post(`/v1/cases/${caseId}/consents/${consentId}/withdrawal`);
  const [waiting] = await eventually(async () => {
    const found = (await operator.get('/v1/health/parked')).items.filter((item) => item['caseId'] === caseId);
    expect(found).toMatchObject([{ code: 'errand.failed', target: `health/referral-${referralId}` }]);
    return found;
  });
  log.append = append;
  const path = `/v1/health/parked/${waiting!['id'] as string}/retry`;
  const key = { 'idempotency-key': 'mended' };
  const done = await operator.post(path, {}, key);
  expect(done.body).toEqual({ id: waiting!['id'], status: 'done', version: 0, allowedActions: [] });
  const again = await operator.post(path, {}, key);
  expect([again.replayed, again.body, again.etag]).toEqual([true, done.body, done.etag]);
  expect((await operator.post(path)).outcome).toBe('404 parked.not-found');
  expect((await entraide.get(`/v1/health/referrals/${referralId}`)).body['status']).toBe('suspended');
});
