import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CasesModule, casesBlueprint } from '@ihala/cases';
import type { JsonObject, NewEvent, PublishedEvent } from '@ihala/event-log';
import { randomness, SEED } from '@ihala/event-log/conformance';
import { doctorBennis, fatima, karim, nadia, of, salma, type Employee } from './people.js';
import { ServiceAlone } from './service-alone.js';

const at = '2026-11-24T09:00:00.000Z';
const caseId = '01920000-0000-7000-8000-000000000001';
const [transferId, consentId] = ['01920000-0000-7000-8000-000000000002', '01920000-0000-7000-8000-000000000003'];
const referralId = '01920000-0000-7000-8000-000000000004';

let cases: ServiceAlone;
let versions: Map<string, number>;
let sequences: Map<string, number>;
beforeEach(async () => {
  cases = await ServiceAlone.start(casesBlueprint, CasesModule);
  versions = new Map();
  sequences = new Map();
});
afterEach(() => cases.stop());

const event = (type: string, data: JsonObject, ofCase = caseId): NewEvent => ({
  id: randomUUID(),
  type,
  schemaVersion: 1,
  occurredAt: at,
  actor: { agency: 'oim', subject: 'k', role: 'caseworker' },
  caseId: ofCase,
  correlationId: randomUUID(),
  causationId: randomUUID(),
  data: { ...data, at },
});
const counted = (counts: Map<string, number>, name: string, first: number) => {
  const next = (counts.get(name) ?? first - 1) + 1;
  counts.set(name, next);
  return next;
};

/** Something that the case's own stream tells. */
async function told(type: string, data: JsonObject = {}, ofCase = caseId): Promise<void> {
  const stream = `cases/case-${ofCase}`;
  const version = counted(versions, stream, 1);
  await cases.log.append({ writes: [{ stream, expectedVersion: version - 1, events: [event(type, data, ofCase)] }] });
}
/** Something that a sector published. */
async function heard(type: string, data: JsonObject = {}, sector = 'health', id = referralId, ofCase = caseId) {
  const stream = `${sector}/referral-${id}`;
  const published: PublishedEvent = {
    ...event(type, data, ofCase),
    stream,
    version: counted(versions, stream, 1),
    sequence: counted(sequences, sector, 0),
    recordedAt: at,
  };
  await cases.log.observe(sector, [published]);
}
const opening = (unit?: string) =>
  told('CaseOpened', {
    ...{ caseId, reference: 'IH-26-7K3QF', custodian: 'entraide-nationale', channel: 'walk-in', minor: false },
    ...(unit && { unit }),
  });
const sending = (terms: JsonObject = {}, sector = 'health', id = referralId) =>
  heard(
    'ReferralSent',
    {
      ...{ referralId: id, caseId, consentId, sector, service: 'vaccination', urgency: 'urgent', answerDueAt: at },
      ...{ sender: 'entraide-nationale', receiver: 'sante' },
      ...terms,
    },
    sector,
    id,
  );
const proposing = (terms: JsonObject = {}) =>
  told('TransferProposed', {
    transferId,
    from: 'entraide-nationale',
    to: 'oim',
    reason: 'asylum',
    consentId,
    ...terms,
  });

async function feed(employee: Employee): Promise<Record<string, unknown>[]> {
  await cases.settled();
  const answer = await (await cases.as(employee)).get('/v1/feed?limit=200');
  expect(answer.outcome).toBe('200');
  return answer.items as Record<string, unknown>[];
}
const types = async (employee: Employee) => (await feed(employee)).map(({ type }) => type);

describe('the feed of a case', () => {
  it('is its custodian’s, whatever the event; the next custodian’s from the handover on', async () => {
    await opening();
    await told('NoteAdded', { noteId: consentId });
    await told('ConsentRecorded', { consentId, recipient: 'oim' });
    await proposing();
    await told('TransferAccepted', { transferId, custodian: 'oim' });
    await told('NoteAdded', { noteId: consentId });
    expect(await types(fatima)).toEqual([
      'CaseOpened',
      'NoteAdded',
      'ConsentRecorded',
      'TransferProposed',
      'TransferAccepted',
    ]);
    expect(await types(karim)).toEqual(['TransferProposed', 'TransferAccepted', 'NoteAdded']);
    expect(await types(salma)).toEqual([]);
    expect(await types(nadia)).toEqual([]);
  });

  it('tells the agency that custody is offered to of the offer, and of nothing else', async () => {
    await opening();
    await proposing();
    await told('NoteAdded', { noteId: consentId });
    await told('ConsentRecorded', { consentId, recipient: 'sante' });
    await told('TransferRefused', { transferId, reason: 'no-capacity' });
    await told('NoteAdded', { noteId: consentId });
    const again = randomUUID();
    await proposing({ transferId: again, to: 'hcr' });
    await told('TransferWithdrawn', { transferId: again });
    expect(await types(karim)).toEqual(['TransferProposed', 'TransferRefused']);
    expect(await types(salma)).toEqual(['TransferProposed', 'TransferWithdrawn']);
    expect(await types(fatima)).toHaveLength(8);
  });

  it('tells the custodian alone which referral opened a case again, or ended a consent', async () => {
    await opening();
    await sending();
    await proposing();
    await told('CaseClosed');
    await told('CaseReopened', { referralId });
    await told('ConsentWithdrawn', { consentId, cause: 'reported', referralId });
    expect((await feed(fatima)).slice(-2)).toMatchObject([
      { type: 'CaseReopened', referralId },
      { type: 'ConsentWithdrawn', referralId, consentId },
    ]);
    expect(await types(karim)).toEqual(['TransferProposed']);
    expect(await types(nadia)).toEqual(['ReferralSent']);
  });

  it('goes on over what an operator gave up on for no case, or one that is not known', async () => {
    const skip = async (ofCase: string | undefined, sequence: number) => {
      const { caseId: _, ...envelope } = event('ErrandSkipped', { reaction: 'tea', code: 'event.unreadable' });
      const place = { stream: `health/parked-${randomUUID()}`, version: 1, sequence, recordedAt: at };
      await cases.log.observe('health', [{ ...envelope, ...place, ...(ofCase && { caseId: ofCase }) }]);
    };
    await skip(undefined, 0);
    await skip(randomUUID(), 1);
    await opening();
    await proposing();
    await skip(caseId, 2);
    expect(await types(fatima)).toEqual(['CaseOpened', 'TransferProposed', 'ErrandSkipped']);
    expect(await types(karim)).toEqual(['TransferProposed']);
  });

  it('holds ids and codes; which consent an offer rests on is the custodian’s business', async () => {
    await opening();
    await proposing();
    const item = { id: expect.any(String), at: expect.any(String), source: 'cases', type: 'TransferProposed', caseId };
    expect((await feed(karim)).at(-1)).toEqual({ ...item, transferId });
    expect((await feed(fatima)).at(-1)).toEqual({ ...item, transferId, consentId });
  });

  it('is narrowed to the units that a token names', async () => {
    await opening('entraide-nationale/oujda');
    await proposing({ fromUnit: 'entraide-nationale/oujda', toUnit: 'oim/tanger' });
    await told('TransferAccepted', { transferId, custodian: 'oim', unit: 'oim/tanger' });
    await told('CaseClosed');
    const all = ['CaseOpened', 'TransferProposed', 'TransferAccepted'];
    expect(await types(of(fatima, 'entraide-nationale/oujda'))).toEqual(all);
    expect(await types(of(fatima, 'entraide-nationale/nador'))).toEqual([]);
    expect(await types(fatima)).toEqual(all);
    expect(await types(of(karim, 'oim/tanger'))).toEqual(['TransferProposed', 'TransferAccepted', 'CaseClosed']);
    expect(await types(of(karim, 'oim/rabat'))).toEqual([]);
    expect(await types(of(karim, 'oim/rabat', 'oim/tanger'))).toHaveLength(3);
  });

  it('takes nobody’s unit for another agency’s', async () => {
    await opening('oim/tanger');
    expect(await types(of(karim, 'oim/tanger'))).toEqual([]);
    expect(await types(fatima)).toEqual(['CaseOpened']);
  });
});

describe('the feed of a referral', () => {
  it('is its sender’s and its receiver’s, the consent the sender’s alone', async () => {
    await opening();
    await sending();
    await heard('ReferralAccepted');
    const sent = { type: 'ReferralSent', source: 'health', caseId, referralId, service: 'vaccination' };
    const accepted = { ...sent, type: 'ReferralAccepted' };
    expect(await feed(nadia)).toMatchObject([sent, accepted]);
    expect((await feed(fatima)).slice(1)).toMatchObject([{ ...sent, consentId }, accepted]);
    expect((await feed(nadia)).map((item) => Object.keys(item).toSorted().join())).toEqual(
      Array(2).fill('at,caseId,id,referralId,service,source,type'),
    );
    expect(await types(karim)).toEqual([]);
  });

  it('goes on with the new sender; the old one learns that it is sender no more', async () => {
    await opening();
    await sending();
    await heard('SenderChanged', { sender: 'oim' });
    await heard('ReferralAccepted');
    expect(await types(fatima)).toEqual(['CaseOpened', 'ReferralSent', 'SenderChanged']);
    expect(await types(karim)).toEqual(['SenderChanged', 'ReferralAccepted']);
    expect(await types(nadia)).toEqual(['ReferralSent', 'SenderChanged', 'ReferralAccepted']);
  });

  it('follows the unit it is assigned to, and tells the unit it leaves', async () => {
    await opening('entraide-nationale/oujda');
    await sending({ senderUnit: 'entraide-nationale/oujda', receiverUnit: 'sante/oujda' });
    await heard('ReferralAssigned', { assignee: 'n', unit: 'sante/berkane' });
    await heard('ReferralAssigned', { assignee: 'o' });
    await heard('ReferralAccepted');
    expect(await types(of(nadia, 'sante/oujda'))).toEqual(['ReferralSent', 'ReferralAssigned']);
    expect(await types(of(nadia, 'sante/berkane'))).toEqual([
      'ReferralAssigned',
      'ReferralAssigned',
      'ReferralAccepted',
    ]);
    expect(await types(of(nadia, 'sante/fes'))).toEqual([]);
    expect(await types(nadia)).toHaveLength(4);
    expect(await types(of(fatima, 'entraide-nationale/oujda'))).toHaveLength(5);
  });

  it('between two units of one agency is told once to whoever stands for both', async () => {
    await opening('entraide-nationale/oujda');
    await sending({
      senderUnit: 'entraide-nationale/oujda',
      receiver: 'entraide-nationale',
      receiverUnit: 'entraide-nationale/nador',
    });
    await heard('SenderChanged', { sender: 'entraide-nationale', senderUnit: 'entraide-nationale/fes' });
    await heard('ReferralAccepted');
    const both = of(fatima, 'entraide-nationale/nador', 'entraide-nationale/oujda', 'entraide-nationale/fes');
    const all = ['CaseOpened', 'ReferralSent', 'SenderChanged', 'ReferralAccepted'];
    expect(await types(fatima)).toEqual(all);
    expect(await types(both)).toEqual(all);
    const by = await cases.as(both);
    const paged: unknown[] = [];
    for (let after = ''; paged.length < 4;) {
      const { items, next } = await by.get(`/v1/feed?limit=1${after}`);
      expect(items).toHaveLength(1);
      paged.push(items[0]);
      after = `&after=${next}`;
    }
    expect(paged).toEqual(await feed(fatima));
    expect((paged[1] as JsonObject)['consentId']).toBe(consentId);
    expect((await feed(of(fatima, 'entraide-nationale/nador')))[0]).not.toHaveProperty('consentId');
  });

  it('is a clinician’s as far as health goes, and no case’s', async () => {
    const school = randomUUID();
    await opening();
    await sending();
    await sending({ service: 'school-enrolment' }, 'education', school);
    await heard('ReferralAccepted', {}, 'education', school);
    const clinician = { ...fatima, roles: ['clinician'] };
    expect(await types(doctorBennis)).toEqual(['ReferralSent']);
    expect(await types(clinician)).toEqual(['ReferralSent']);
    expect((await feed(clinician))[0]).toMatchObject({ source: 'health' });
    expect(await types({ ...fatima, roles: ['clinician', 'caseworker'] })).toHaveLength(4);
    expect(await types(nadia)).toEqual(['ReferralSent', 'ReferralSent', 'ReferralAccepted']);
  });
});

describe(`a reader that keeps next (IHALA_SEED=${SEED})`, () => {
  it('misses nothing and sees nothing twice, while events are recorded, copied and folded', async () => {
    const random = randomness(SEED);
    await opening();
    await sending();
    let writing = true;
    const writers = Promise.all([
      (async () => {
        for (let count = 0; count < 300; count += 1) {
          await told('NoteAdded', { noteId: consentId });
          if (random(5) === 0) await new Promise((resolve) => setTimeout(resolve, random(4)));
        }
      })(),
      (async () => {
        for (let count = 0; count < 300; count += 1) {
          await heard('ReferralAssigned', { assignee: 'n' });
          await new Promise((resolve) => setTimeout(resolve, random(3)));
        }
      })(),
    ]).then(() => (writing = false));
    const readers = [fatima, nadia].map(async (employee) => {
      const by = await cases.as(employee);
      const seen: unknown[] = [];
      let after = '';
      let empty = 0;
      for (let last = false; ;) {
        const { items, next, outcome } = await by.get(`/v1/feed?limit=${1 + random(7)}${after}`);
        expect(outcome).toBe('200');
        expect(typeof next).toBe('string');
        if (items.length === 0) {
          empty += 1;
          if (after) expect(`&after=${next}`).toBe(after);
          if (last) return { seen, empty };
          if (!writing) await cases.settled();
          last = !writing;
        }
        seen.push(...items);
        after = `&after=${next}`;
      }
    });
    await writers;
    const [ofSender, ofReceiver] = await Promise.all(readers);
    const all = (await Array.fromAsync(cases.log.readLog({ after: 0 }))).map(({ id }) => id);
    const referral = (await Array.fromAsync(cases.log.readStream(`health/referral-${referralId}`))).map(({ id }) => id);
    expect(ofSender!.seen.map((item) => (item as JsonObject)['id'])).toEqual(all);
    expect(ofReceiver!.seen.map((item) => (item as JsonObject)['id'])).toEqual(referral);
    expect(ofSender!.empty + ofReceiver!.empty).toBeGreaterThan(2);
  }, 30_000);
});
