import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { type Client, eventually } from './client.js';
import { LiveReader } from './live-reader.js';
import { administrator, auditorOfCndp, auditorOfSante, fatima, karim, nadia } from './people.js';
import { consented, handedOver, move, opened, referred, sent } from './stories.js';
import { withdrawnUnreadably } from './unreadable.js';
import { World } from './world.js';

type Item = Readonly<Record<string, unknown>>;

let world: World;
let entraide: Client, oim: Client, sante: Client, operator: Client, auditor: Client, auditorOfReceiver: Client;
beforeAll(async () => {
  world = await World.start();
  [entraide, oim, sante, operator, auditor, auditorOfReceiver] = (await Promise.all(
    [fatima, karim, nadia, administrator, auditorOfCndp, auditorOfSante].map((employee) => world.as(employee)),
  )) as [Client, Client, Client, Client, Client, Client];
});
afterAll(() => world.stop());

const readers: LiveReader[] = [];
afterEach(() => readers.splice(0).forEach((reader) => reader.cut()));
function follow(by: Client, caseId: string): LiveReader {
  const reader = new LiveReader(by, `/v1/cases/${caseId}/timeline/live`);
  readers.push(reader);
  return reader;
}
const withdraw = (caseId: string, consentId: string) =>
  entraide.post(`/v1/cases/${caseId}/consents/${consentId}/withdrawal`, { reason: 'Aminata changed her mind.' });

/** Of one case, all that an agency's feed has. */
async function fed(by: Client, caseId: string): Promise<Item[]> {
  const found: Item[] = [];
  for (let after = ''; ;) {
    const { items, next } = await by.get(`/v1/feed?limit=200${after}`);
    if (items.length === 0) return found.filter((item) => item['caseId'] === caseId);
    found.push(...items);
    after = `&after=${next}`;
  }
}
const typesFed = async (by: Client, caseId: string) => (await fed(by, caseId)).map(({ type }) => type);
async function exported(by: Client, caseId: string): Promise<Item[]> {
  const { text } = await by.get(`/v1/audit/events.ndjson?caseId=${caseId}`);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Item);
}
/** What all three have of an event. */
const told = ({ id, at, source, type, referralId, transferId, consentId }: Item) => ({
  ...{ id, at, source, type, referralId, transferId, consentId },
});

/** The custodian's feed, its timeline, its live timeline and the whole log tell one story; that is also its length. */
async function oneStory(caseId: string, live: LiveReader, ...types: string[]): Promise<string> {
  await eventually(async () => expect(live.types).toEqual(types));
  const { items } = await entraide.get(`/v1/cases/${caseId}/timeline?limit=200`);
  expect(live.messages.map(({ data }) => data)).toEqual(items);
  const feed = await eventually(async () => {
    const found = await fed(entraide, caseId);
    expect(found.map(told)).toEqual(items.map(told));
    return found;
  });
  await eventually(async () => {
    const ids = (await exported(auditor, caseId)).map(({ id }) => id as string);
    expect(ids.toSorted()).toEqual(items.map(({ id }) => id as string).toSorted());
  });
  for (const { summary } of items) expect(summary).toEqual(expect.stringMatching(/\S/));
  const all = live.text + JSON.stringify(feed);
  expect(all).not.toMatch(/Aminata|Diallo|1998|pregnant|maternal|check-up|mind/);
  return all;
}

it('a consent taken back: the custodian follows it to the last confirmation; the receiver is told of its own referral', async () => {
  const { caseId, consentId, referralId } = await sent(entraide);
  const live = follow(entraide, caseId);
  await withdraw(caseId, consentId);
  await eventually(async () => expect(live.types).toContain('ReferralSuspended'));
  expect((await sante.get(`/v1/cases/${caseId}/timeline/live`)).outcome).toBe('404 case.not-found');
  await eventually(async () => expect(await typesFed(sante, caseId)).toEqual(['ReferralSent', 'ReferralSuspended']));
  await move(sante, referralId, 'sharing-stop', { ownRecordKept: true, ground: 'Aminata Diallo’s record.' });
  const ended = ['ConsentWithdrawn', 'ReferralSuspended', 'SharingStopped'];
  await oneStory(caseId, live, 'CaseOpened', 'ConsentRecorded', 'ReferralSent', ...ended);
  expect(live.messages[3]!.data).toMatchObject({ consentId, source: 'cases' });

  const receivers = await fed(sante, caseId);
  expect(receivers.map(({ type }) => type)).toEqual(['ReferralSent', 'ReferralSuspended', 'SharingStopped']);
  expect(receivers.map((item) => Object.keys(item).toSorted().join())).toEqual(
    Array(3).fill('at,caseId,id,referralId,service,source,type'),
  );
  expect((await exported(auditorOfReceiver, caseId)).map(({ type }) => type)).toEqual(['SharingStopped']);
  expect((await auditor.get(`/v1/audit/events.ndjson?caseId=${caseId}`)).text).not.toMatch(
    /Aminata|Diallo|mind|record\./,
  );
});

it('a withdrawal told to a receiver: the custodian learns through which referral', async () => {
  const { caseId, consentId, referralId } = await sent(entraide);
  const other = await referred(entraide, caseId, consentId, { service: 'vaccination' });
  const live = follow(entraide, caseId);
  await move(sante, referralId, 'consent-withdrawal', { reason: 'Aminata said so.' });
  await eventually(async () => expect(live.messages).toHaveLength(8));
  const last = live.messages.slice(4).map(({ data }) => `${data['type'] as string} ${data['referralId'] as string}`);
  expect(last.toSorted()).toEqual(
    [
      `ConsentWithdrawalReported ${referralId}`,
      `ConsentWithdrawn ${referralId}`,
      `ReferralSuspended ${referralId}`,
      `ReferralSuspended ${other}`,
    ].toSorted(),
  );
  await oneStory(caseId, live, ...live.types.map(String));
  expect(await typesFed(sante, caseId)).not.toContain('ConsentWithdrawn');
});

it('what the person says after an emergency, and an end by the clock', async () => {
  const caseId = await opened(entraide);
  const live = follow(entraide, caseId);
  const consentId = await consented(entraide, caseId, 'sante', { basis: 'vital-interests' });
  await referred(entraide, caseId, consentId, { service: 'emergency-care', urgency: 'emergency' });
  await entraide.post(`/v1/cases/${caseId}/consents/${consentId}/confirmation`, { decision: 'refused' });
  await eventually(async () => expect(live.types.at(-1)).toBe('ReferralSuspended'));
  const expiresAt = new Date(Date.now() + 300).toISOString();
  await consented(entraide, caseId, 'sante', { expiresAt });
  const begun = ['CaseOpened', 'ConsentRecorded', 'ReferralSent'];
  const refused = ['ConsentConfirmed', 'ConsentWithdrawn', 'ReferralSuspended'];
  await oneStory(caseId, live, ...begun, ...refused, 'ConsentRecorded', 'ConsentExpired');
  expect(await typesFed(sante, caseId)).toEqual(['ReferralSent', 'ReferralSuspended']);
});

it('a case that opens again, and what an operator gave up on: the custodian’s to know, and no former one’s', async () => {
  const caseId = await opened(entraide);
  const live = follow(entraide, caseId);
  await entraide.post(`/v1/cases/${caseId}/closure`, { reason: 'Aminata left.' });
  await entraide.post(`/v1/cases/${caseId}/reopening`, { reason: 'Aminata is back.' });
  const skip = async () => {
    await withdrawnUnreadably(world.service('cases').store.log, caseId);
    const parked = await eventually(async () => {
      const { items } = await operator.get('/v1/health/parked');
      expect(items).toMatchObject([{ caseId }]);
      return items[0]!['id'] as string;
    });
    const reason = { reason: 'Aminata Diallo changed her mind.' };
    expect((await operator.post(`/v1/health/parked/${parked}/skip`, reason)).outcome).toBe('200');
  };
  await skip();
  await oneStory(caseId, live, 'CaseOpened', 'CaseClosed', 'CaseReopened', 'ConsentWithdrawn', 'ErrandSkipped');
  expect(live.messages.at(-1)!.data).toMatchObject({ source: 'health', actor: { role: 'administrator' } });
  const clinician = await world.as({ ...fatima, roles: ['clinician'] });
  expect(await typesFed(clinician, caseId)).toEqual([]);

  await handedOver(entraide, oim, caseId, 'oim');
  await skip();
  await eventually(async () =>
    expect(await typesFed(oim, caseId)).toEqual([
      'TransferProposed',
      'TransferAccepted',
      'ConsentWithdrawn',
      'ErrandSkipped',
    ]),
  );
  expect((await typesFed(entraide, caseId)).at(-1)).toBe('TransferAccepted');
  expect(await live.over).toBe('ended');
});
