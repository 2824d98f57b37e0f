import { describe, expect, it } from '@jest/globals';
import { type CaseEvent, type CaseFile, type CaseState, evolveCase, inheritedClasses, noCase } from '@ihala/case-file';
import { isRefusal } from '@ihala/decider';
import fc from 'fast-check';
import * as decide from './case.decider.js';

const at = '2026-03-02T09:00:00.000Z';
const aminata = '01920000-0000-7000-8000-00000000a111';
const toOim = '01920000-0000-7000-8000-00000000c001';
const toSante = '01920000-0000-7000-8000-00000000c002';
const offer = '01920000-0000-7000-8000-00000000f001';

const opened = decide.open({
  at,
  caseId: aminata,
  reference: 'IH-26-7K3QF',
  custodian: 'entraide-nationale',
  unit: 'entraide-nationale/oujda',
  channel: 'walk-in',
  minor: false,
  personal: { identity: { givenName: 'Aminata' }, texts: { place: 'Oujda' } },
})[0]!;
const consent = (consentId: string, recipient: string, purpose: 'referral' | 'custody'): decide.RecordConsent => ({
  at,
  consentId,
  recipient,
  recipientAllowed: true,
  purpose,
  dataClasses: ['identity', 'status'],
  basis: 'consent',
  givenBy: 'person',
  method: 'written',
  language: 'fr',
  minor: false,
});
const proposal = (change: Partial<decide.ProposeTransfer> = {}): decide.ProposeTransfer => ({
  at,
  transferId: offer,
  to: 'oim',
  holdsCustody: true,
  reason: 'protection',
  consentId: toOim,
  ...change,
});

const fold = (events: readonly CaseEvent[]): CaseFile => {
  const state = events.reduce<CaseState>(evolveCase, noCase);
  if (state.status === 'none') throw new Error('no case');
  return state;
};
type Step = (file: CaseFile) => ReturnType<typeof decide.close>;
/** The case after these steps, each of which must be accepted. */
const given = (...steps: readonly Step[]): CaseFile =>
  steps.reduce(
    (file, step) => {
      const events = step(file);
      if (isRefusal(events)) throw new Error(events.refused);
      return events.reduce<CaseState>(evolveCase, file) as CaseFile;
    },
    fold([opened]),
  );

const consented: Step = (file) => decide.recordConsent(consent(toOim, 'oim', 'custody'), file);
const proposed: Step = (file) => decide.proposeTransfer(proposal(), file);
const accepted: Step = (file) => decide.acceptTransfer({ at, transferId: offer }, file);
const closed: Step = (file) => decide.close({ at, reason: 'left', referralsOpen: false }, file);
const code = (decision: ReturnType<Step>) =>
  isRefusal(decision) ? decision.refused : decision.map(({ type }) => type);

describe('a case', () => {
  it('is opened by its first custodian', () => {
    expect(given()).toMatchObject({ status: 'open', custody: { agency: 'entraide-nationale' }, version: 1 });
  });

  it('closes when no work is open, and opens again', () => {
    expect(given(closed).status).toBe('closed');
    expect(given(closed, (file) => decide.reopen({ at, reason: 'back' }, file)).status).toBe('open');
  });

  it.each<[string, CaseFile, boolean]>([
    ['a referral', given(), true],
    ['a transfer', given(consented, proposed), false],
  ])('does not close with %s open', (_, file, referralsOpen) => {
    expect(code(decide.close({ at, reason: 'left', referralsOpen }, file))).toBe('case.has-open-work');
  });

  it.each<[string, Step]>([
    ['consent', (file) => decide.recordConsent(consent(toSante, 'sante', 'referral'), file)],
    ['transfer', (file) => decide.proposeTransfer(proposal(), file)],
    ['assignment', (file) => decide.assign({ at, assignee: 'en-1' }, file)],
    ['closure', closed],
  ])('takes no %s once closed', (_, step) => {
    expect(code(step(given(consented, closed)))).toBe('case.not-open');
  });

  it('takes notes and corrections even when closed: what is wrong must be put right', () => {
    expect(code(decide.addNote({ at, noteId: offer, text: 'A letter came.' }))).toEqual(['NoteAdded']);
    expect(code(decide.correct({ at, minor: false, personal: {} }))).toEqual(['CaseCorrected']);
  });

  it('is reopened only when closed', () => {
    expect(code(decide.reopen({ at, reason: 'back' }, given()))).toBe('case.not-closed');
  });
});

describe('a consent', () => {
  it('never names an enforcement body', () => {
    const interieur = { ...consent(toSante, 'interieur', 'referral'), recipientAllowed: false };
    expect(code(decide.recordConsent(interieur, given()))).toBe('consent.recipient-not-allowed');
  });

  it('of a child is given by its guardian', () => {
    const child = { ...consent(toSante, 'sante', 'referral'), minor: true };
    expect(code(decide.recordConsent(child, given()))).toBe('consent.guardian-needed');
    expect(code(decide.recordConsent({ ...child, givenBy: 'guardian' }, given()))).toEqual([
      'AgeReassessed',
      'ConsentRecorded',
    ]);
    expect(code(decide.recordConsent({ ...child, basis: 'best-interests-of-child' }, given()))).toContain(
      'ConsentRecorded',
    );
  });
});

describe('a consent that ends', () => {
  const withdrawn: Step = (file) => decide.withdrawConsent({ at, consentId: toOim, reason: 'Changed her mind.' }, file);
  const expiring = '2026-03-05T09:00:00.000Z';
  const ending =
    (change: Partial<decide.RecordConsent>): Step =>
    (file) =>
      decide.recordConsent({ ...consent(toOim, 'oim', 'custody'), ...change }, file);
  const expired =
    (now: string): Step =>
    (file) =>
      decide.expireConsent({ at: now, consentId: toOim }, file);

  it('is withdrawn with no condition but that it stands, on a closed case too', () => {
    expect(code(withdrawn(given(consented)))).toEqual(['ConsentWithdrawn']);
    expect(code(withdrawn(given(consented, closed)))).toEqual(['ConsentWithdrawn']);
    expect(given(consented, withdrawn).consents).toMatchObject([{ status: 'withdrawn', endedAt: at }]);
    expect(code(withdrawn(given(consented, withdrawn)))).toBe('consent.not-active');
    expect(code(withdrawn(given(ending({ expiresAt: at }))))).toBe('consent.not-active');
  });

  it('expires when its end has come, once, and not if it was withdrawn before', () => {
    const file = given(ending({ expiresAt: expiring }));
    expect(code(expired('2026-03-05T08:59:59.999Z')(file))).toEqual([]);
    expect(code(expired(expiring)(file))).toEqual(['ConsentExpired']);
    const over = given(ending({ expiresAt: expiring }), expired(expiring));
    expect(over.consents).toMatchObject([{ status: 'expired', endedAt: expiring }]);
    expect(code(expired(expiring)(over))).toEqual([]);
    expect(code(expired(expiring)(given(ending({ expiresAt: expiring }), withdrawn)))).toEqual([]);
    expect(code(expired(expiring)(given(consented)))).toEqual([]);
  });

  it('is withdrawn by what a receiver reports, unless it is over already', () => {
    const reported: Step = (file) => decide.withdrawReported({ at, consentId: toOim, referralId: offer }, file);
    expect(reported(given(consented))).toEqual([
      { type: 'ConsentWithdrawn', data: { consentId: toOim, cause: 'reported', referralId: offer, at } },
    ]);
    expect(code(reported(given(consented, withdrawn)))).toEqual([]);
  });

  it('carries no offer, and no custodian sees on it what others recorded', () => {
    expect(code(decide.proposeTransfer(proposal(), given(consented, withdrawn)))).toBe('consent.missing');
    expect(code(accepted(given(consented, proposed, withdrawn)))).toBe('consent.missing');
    const moved = given(consented, proposed, accepted);
    expect(inheritedClasses(moved, at)).toEqual(['identity', 'status']);
    expect(inheritedClasses(given(consented, proposed, accepted, withdrawn), at)).toEqual([]);
    expect(inheritedClasses(given(), at)).toEqual([]);
  });

  describe('unless the person confirms it', () => {
    const helped = ending({ basis: 'vital-interests', expiresAt: expiring });
    const told =
      (decision: 'given' | 'refused' | 'unable'): Step =>
      (file) =>
        decide.confirmConsent({ at, consentId: toOim, decision }, file);

    it('goes on for as long as they say', () => {
      const [once] = given(helped, told('given')).consents;
      expect(once).toMatchObject({ status: 'active', confirmation: 'given' });
      expect(once).not.toHaveProperty('expiresAt');
      const until = '2026-06-01T00:00:00.000Z';
      const longer = given(
        ending({ basis: 'vital-interests', expiresAt: expiring, expiresAtIfConfirmed: until }),
        told('given'),
      );
      expect(longer.consents).toMatchObject([{ status: 'active', expiresAt: until }]);
      expect(code(expired(expiring)(longer))).toEqual([]);
    });

    it('ends at once when they refuse, and in its time while they are unable', () => {
      expect(given(helped, told('refused')).consents).toMatchObject([{ status: 'withdrawn', confirmation: 'refused' }]);
      const unable = given(helped, told('unable'));
      expect(unable.consents).toMatchObject([{ status: 'active', confirmation: 'unable', expiresAt: expiring }]);
      expect(code(told('given')(unable))).toEqual(['ConsentConfirmed']);
    });

    it('which is asked of help without their word only, while it stands, until they said yes', () => {
      expect(code(told('given')(given(consented)))).toBe('consent.confirmation-not-needed');
      expect(code(told('given')(given(helped, told('given'))))).toBe('consent.confirmation-not-needed');
      expect(code(told('given')(given(helped, told('refused'))))).toBe('consent.not-active');
    });
  });
});

describe('a closure that a sending crossed', () => {
  const crossed: Step = (file) => decide.reopenForReferral({ at, referralId: offer }, file);
  it('is undone, once', () => {
    expect(given(closed, crossed).status).toBe('open');
    expect(code(crossed(given(closed, crossed)))).toEqual([]);
  });
});

describe('custody', () => {
  it('moves when the recipient accepts, and not before', () => {
    expect(given(consented, proposed).custody.agency).toBe('entraide-nationale');
    expect(given(consented, proposed, accepted)).toMatchObject({
      custody: { agency: 'oim', consentId: toOim },
      transfers: [{ status: 'accepted' }],
    });
  });

  it("leaves the former custodian's unit and caseworker behind", () => {
    const file = given(consented, (of) => decide.assign({ at, assignee: 'en-1' }, of), proposed, accepted);
    expect([file.unit, file.assignee]).toEqual([undefined, undefined]);
  });

  it.each<[string, Partial<decide.ProposeTransfer>, string]>([
    ['to an agency that holds none', { to: 'sante', holdsCustody: false }, 'transfer.recipient-not-allowed'],
    ['to oneself', { to: 'entraide-nationale' }, 'transfer.recipient-not-allowed'],
    ['on a consent for another agency', { to: 'hcr' }, 'consent.missing'],
    ['on an unknown consent', { consentId: offer }, 'consent.missing'],
  ])('is not offered %s', (_, change, refused) => {
    expect(code(decide.proposeTransfer(proposal(change), given(consented)))).toBe(refused);
  });

  it('is not offered on a consent to referral, nor on one that has ended', () => {
    const referral = given((file) => decide.recordConsent(consent(toOim, 'oim', 'referral'), file));
    const ended = given((file) =>
      decide.recordConsent({ ...consent(toOim, 'oim', 'custody'), expiresAt: '2026-03-01T00:00:00.000Z' }, file),
    );
    expect([referral, ended].map((file) => code(decide.proposeTransfer(proposal(), file)))).toEqual([
      'consent.missing',
      'consent.missing',
    ]);
  });

  it('is offered to one agency at a time', () => {
    const again = proposal({ to: 'hcr', holdsCustody: false, consentId: toSante });
    expect(code(decide.proposeTransfer(again, given(consented, proposed)))).toBe('transfer.already-proposed');
  });

  it('is not taken on a consent that ended meanwhile', () => {
    const file = given(
      (of) => decide.recordConsent({ ...consent(toOim, 'oim', 'custody'), expiresAt: '2026-03-03T00:00:00.000Z' }, of),
      proposed,
    );
    const later = { at: '2026-03-04T00:00:00.000Z', transferId: offer };
    expect(code(decide.acceptTransfer(later, file))).toBe('consent.missing');
  });

  it('answers an offer once', () => {
    const moves: Step[] = [
      accepted,
      (file) => decide.refuseTransfer({ at, transferId: offer, reason: 'no-capacity' }, file),
      (file) => decide.withdrawTransfer({ at, transferId: offer }, file),
    ];
    for (const first of moves) {
      const file = given(consented, proposed, first);
      expect(moves.map((move) => code(move(file)))).toEqual(Array(3).fill('transfer.not-open'));
    }
  });
});

describe('any sequence of accepted commands', () => {
  const ids = ['01920000-0000-7000-8000-00000000d001', '01920000-0000-7000-8000-00000000d002', toOim, offer];
  const id = fc.constantFrom(...ids);
  const agency = fc.constantFrom('oim', 'hcr', 'sante', 'entraide-nationale');
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ id, agency }).map(
      ({ id, agency }): Step =>
        (f) =>
          decide.recordConsent(consent(id, agency, 'custody'), f),
    ),
    fc.record({ id, agency, consent: id }).map(
      ({ id, agency, consent: consentId }): Step =>
        (f) =>
          decide.proposeTransfer(
            proposal({ transferId: id, to: agency, consentId, holdsCustody: agency !== 'sante' }),
            f,
          ),
    ),
    id.map(
      (transferId): Step =>
        (f) =>
          decide.acceptTransfer({ at, transferId }, f),
    ),
    id.map(
      (transferId): Step =>
        (f) =>
          decide.refuseTransfer({ at, transferId, reason: 'other', note: 'n' }, f),
    ),
    id.map(
      (transferId): Step =>
        (f) =>
          decide.withdrawTransfer({ at, transferId }, f),
    ),
    id.map(
      (consentId): Step =>
        (f) =>
          decide.withdrawConsent({ at, consentId }, f),
    ),
    fc.boolean().map(
      (referralsOpen): Step =>
        (f) =>
          decide.close({ at, reason: 'r', referralsOpen }, f),
    ),
    fc.constant<Step>((f) => decide.reopen({ at, reason: 'r' }, f)),
  );

  it('folds, replays to the same state, and keeps its invariants', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const log: CaseEvent[] = [opened];
        let file = fold(log);
        for (const each of steps) {
          const events = each(file);
          if (isRefusal(events)) continue;
          log.push(...events);
          file = fold(log);
          expect(file.transfers.filter(({ status }) => status === 'proposed').length).toBeLessThanOrEqual(1);
          expect(file.custody.agency).not.toBe('sante');
          expect(file.version).toBe(log.length);
          if (file.status === 'closed') expect(file.transfers.some(({ status }) => status === 'proposed')).toBe(false);
        }
        expect(fold(log)).toEqual(file);
      }),
      { numRuns: 300 },
    );
  });
});
