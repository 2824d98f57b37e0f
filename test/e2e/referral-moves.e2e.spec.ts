import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, eventually } from './client.js';
import { fatima, hassan, nadia, omar, youssef } from './people.js';
import { goodBody, type Side, situations, table, wayTo } from './referral-table.js';
import { consented, move, opened, request } from './stories.js';
import { World } from './world.js';

let world: World;
let caseId: string;
let toHcr: string;
const staff = {} as Record<'sender' | 'sender-supervisor' | 'receiver' | 'receiver-supervisor' | 'stranger', Client>;

beforeAll(async () => {
  world = await World.start();
  staff.sender = await world.as(fatima);
  staff['sender-supervisor'] = await world.as(hassan);
  staff.receiver = await world.as(nadia);
  staff['receiver-supervisor'] = await world.as(omar);
  staff.stranger = await world.as(youssef);
  caseId = await opened(staff.sender);
  toHcr = await consented(staff.sender, caseId, 'hcr');
});
afterAll(() => world.stop());

/** What each caller may be to a referral: a supervisor makes its side's moves too. */
const sidesOf: Readonly<Record<string, readonly Side[]>> = {
  sender: ['sender'],
  'sender-supervisor': ['sender', 'sender-supervisor'],
  receiver: ['receiver'],
  'receiver-supervisor': ['receiver', 'receiver-supervisor'],
};
const callers = Object.keys(sidesOf) as (keyof typeof staff)[];
const actions = Object.keys(table);
const actionName = (action: string) => action.split('/')[0]!;
const bodyFor = (action: string) =>
  action === 'redirection' ? { receiver: 'hcr', consentId: toHcr } : (goodBody[action] ?? {});

async function referralThatIs(situation: string): Promise<string> {
  const terms = { service: 'chronic-disease', urgency: 'routine' };
  // A consent of its own: taken back, it would suspend every other referral that rests on it.
  const toSante = await consented(staff.sender, caseId, 'sante');
  const answer = await staff.sender.post('/v1/health/referrals', request(caseId, toSante, terms));
  expect(answer.outcome).toBe('201');
  for (const [who, action] of wayTo[situation]!) {
    const client = who === 'supervisor' ? staff['sender-supervisor'] : staff[who];
    expect((await move(client, answer.id, action, bodyFor(action))).status).toBeLessThan(300);
  }
  if (situation === 'suspended') {
    // The receiver's report has reached the consent too.
    const told = async () => staff.sender.get(`/v1/health/referrals/${answer.id}`);
    await eventually(async () => expect((await told()).body).not.toHaveProperty('person'));
  }
  return answer.id;
}

/** What the table says of a move, for one caller in one situation. */
function expected(action: string, caller: keyof typeof staff, situation: string): string {
  const { by, moves } = table[action]!;
  const mine = by.some((side) => sidesOf[caller]!.includes(side));
  const early = action === 'cancellation' && caller === 'sender-supervisor';
  if (!mine && !early) return '403 access.forbidden';
  if (early) return situation.startsWith('cancellation') ? '409 referral.too-early' : '409 referral.illegal-transition';
  if (situation === 'suspended' && action === 'acceptance') return '409 consent.missing';
  if (!(situation in moves)) return '409 referral.illegal-transition';
  return action === 'redirection' ? '201' : '200';
}
const allowedFor = (caller: keyof typeof staff, situation: string) =>
  actions.filter((action) => expected(action, caller, situation).startsWith('2')).map(actionName);

describe.each(situations)('a referral that is %s', (situation) => {
  it('tells each side its own moves, and refuses all others with their code', async () => {
    const id = await referralThatIs(situation);
    for (const caller of callers) {
      const seen = await staff[caller].get(`/v1/health/referrals/${id}`);
      expect([caller, [...seen.actions].sort()]).toEqual([caller, allowedFor(caller, situation).sort()]);
      const refused = actions.filter((action) => !expected(action, caller, situation).startsWith('2'));
      for (const action of refused) {
        const answer = await move(staff[caller], id, action, bodyFor(action));
        expect([caller, action, answer.outcome]).toEqual([caller, action, expected(action, caller, situation)]);
        if (answer.code !== 'referral.illegal-transition') continue;
        expect(answer.body['currentStatus']).toBe(seen.body['status']);
      }
      const after = await staff[caller].get(`/v1/health/referrals/${id}`);
      expect(after.text).toBe(seen.text);
    }
  });

  it('says in a refusal what its representation says', async () => {
    const id = await referralThatIs(situation);
    for (const caller of callers) {
      const illegal = actions.find(
        (action) => expected(action, caller, situation) === '409 referral.illegal-transition',
      )!;
      const seen = await staff[caller].get(`/v1/health/referrals/${id}`);
      const refusal = await move(staff[caller], id, illegal, bodyFor(illegal));
      expect([caller, refusal.actions]).toEqual([caller, seen.actions]);
    }
  });

  it('moves as the table says', async () => {
    for (const caller of callers) {
      for (const action of actions) {
        // Supervisors make their side's moves as well, as the test above says; here, only those that are theirs alone.
        const theirs = !caller.endsWith('supervisor') || table[action]!.by.includes(caller as Side);
        if (!theirs || !expected(action, caller, situation).startsWith('2')) continue;
        const id = await referralThatIs(situation);
        const before = await staff.sender.get(`/v1/health/referrals/${id}`);
        const answer = await move(staff[caller], id, action, bodyFor(action));
        const status = table[action]!.moves[situation]!;
        const moved = { status: status === '=' ? before.body['status'] : status };
        expect([caller, action, answer.outcome]).toEqual([caller, action, expected(action, caller, situation)]);
        expect({ status: answer.body['status'] }).toEqual(moved);
        if (action === 'redirection') continue;
        // A withdrawal told to the receiver is recorded, and then what follows from it.
        const events = action === 'consent-withdrawal' ? 2 : 1;
        expect(answer.body['version']).toBe((before.body['version'] as number) + events);
        expect(answer.etag).toBe(`"${answer.body['version'] as number}"`);
        expect((await staff[caller].get(`/v1/health/referrals/${id}`)).text).toBe(answer.text);
      }
    }
  });

  it('is nothing to a third agency', async () => {
    const id = await referralThatIs(situation);
    const answers = await Promise.all(
      actions.map((action) => move(staff.stranger, id, action, bodyFor(action)).then(({ outcome }) => outcome)),
    );
    expect(new Set(answers)).toEqual(new Set(['404 referral.not-found']));
    expect((await staff.stranger.get(`/v1/health/referrals/${id}`)).outcome).toBe('404 referral.not-found');
  });
});
