import { describe, expect, it } from '@jest/globals';
import { fold, given, isRefusal } from '@ihala/decider';
import fc from 'fast-check';
import type { ReferralCommand } from './commands.js';
import { decide, referral, type ServiceRules } from './decide.js';
import type { ReferralEvent } from './events.js';
import { isOpen, type MoveBy, referralActions } from './protocol.js';
import { due, monday, nextMonday, overdue, scheduled, sent, wayTo } from './referral.fixtures.js';
import { sendingRefusal } from './sending.js';
import { initialState, type SentReferral } from './state.js';

const receiver: MoveBy[] = ['receiver'];
const at = monday;
const stateAfter = (...events: ReferralEvent[]) => fold(referral, events) as SentReferral;

describe('the answer clock', () => {
  it('stops while a question waits, and runs again with its answer', () => {
    const asked = stateAfter(...wayTo['information-requested']);
    expect([asked.answerDueAt, asked.status === 'information-requested' && asked.remaining]).toEqual([
      undefined,
      3_600_000,
    ]);
    given(referral, ...wayTo['information-requested'])
      .when({ action: 'information', at, by: ['sender'], answerDueAt: nextMonday })
      .then({ type: 'InformationGiven', data: { at, answerDueAt: nextMonday } });
    const told = stateAfter(...wayTo['information-requested'], {
      type: 'InformationGiven',
      data: { at, answerDueAt: nextMonday },
    });
    expect(told).toMatchObject({ status: 'acknowledged', answerDueAt: nextMonday });
  });

  it('runs on in emergencies', () => {
    const asked = stateAfter(sent, { type: 'InformationRequested', data: { at, about: 'need' } });
    expect(asked.answerDueAt).toBe(due);
    const emergency: ReferralEvent = { ...sent, data: { ...sent.data, urgency: 'emergency' } };
    given(referral, emergency)
      .when({ action: 'information-request', at, by: receiver, about: 'need', remaining: 1000 })
      .then({ type: 'InformationRequested', data: { at, about: 'need' } });
  });

  it('is over with an answer; then nothing is late any more', () => {
    const answered = stateAfter(sent, overdue, { type: 'ReferralAccepted', data: { at } });
    expect([answered.answerDueAt, answered.answeredAt, answered.overdue]).toEqual([undefined, at, false]);
    expect(stateAfter(...wayTo.cancelled).answeredAt).toBeUndefined();
  });

  it('marks lateness once, of the instant that was due, while no answer was given', () => {
    const late = { action: 'mark-overdue', at: due, dueAt: due } as const;
    given(referral, sent)
      .when(late)
      .then({ type: 'ReferralOverdue', data: { at: due, dueAt: due } });
    given(referral, sent)
      .when({ ...late, at: monday })
      .then();
    given(referral, sent, overdue).when(late).then();
    given(referral, ...wayTo.accepted)
      .when(late)
      .then();
    given(referral, ...wayTo['information-requested'])
      .when(late)
      .then();
    given(referral, sent, overdue)
      .when({ action: 'escalate', at, to: 'unit' })
      .then({ type: 'ReferralEscalated', data: { at, to: 'unit' } });
    given(referral, sent).when({ action: 'escalate', at, to: 'unit' }).then();
    const higher: ReferralEvent = { type: 'ReferralEscalated', data: { at, to: 'receiver-supervisor' } };
    given(referral, sent, overdue, higher).when({ action: 'escalate', at, to: 'unit' }).then();
  });
});

describe('appointments', () => {
  const attendance = (outcome: 'attended' | 'no-show' | 'cancelled-by-person') =>
    ({ action: 'attendance', at, by: receiver, outcome }) as const;

  it.each([
    ['attended', 'in-service'],
    ['no-show', 'accepted'],
    ['cancelled-by-person', 'accepted'],
  ] as const)('%s leads from scheduled to %s', (outcome, status) => {
    const events = decide(attendance(outcome), stateAfter(...wayTo.scheduled)) as ReferralEvent[];
    expect(stateAfter(...wayTo.scheduled, ...events).status).toBe(status);
  });

  it('leave a referral in service where it is, and can be answered once', () => {
    const events = decide(attendance('no-show'), stateAfter(...wayTo['in-service'], scheduled)) as ReferralEvent[];
    const missed = stateAfter(...wayTo['in-service'], scheduled, ...events);
    expect([missed.status, missed.appointmentAt]).toEqual(['in-service', undefined]);
    expect(isRefusal(decide(attendance('no-show'), missed))).toBe(true);
  });
});

describe('a service’s own rules', () => {
  const rules: ServiceRules = {
    steps: { registration: { repeatable: false }, workshop: { repeatable: true } },
    papersNeverRequired: true,
  };
  const step = (name: string) => ({ action: 'steps', at, by: receiver, step: name, fields: {} }) as const;
  const registered = stateAfter(...wayTo.accepted, {
    type: 'StepRecorded',
    data: { at, step: 'registration', fields: {} },
  });

  it.each([
    ['horoscope', 'service.step-unknown'],
    ['constructor', 'service.step-unknown'],
    ['registration', 'service.step-repeated'],
  ])('refuse the step %s: %s', (name, code) => {
    expect(decide(step(name), registered, rules)).toEqual({ refused: code });
  });

  it('let a step that may repeat be recorded again', () => {
    expect(isRefusal(decide(step('workshop'), registered, rules))).toBe(false);
  });

  it('take an outcome only with the step that it needs', () => {
    const needs = {
      ...rules,
      outcomeNeeds: { placed: { step: 'registration', code: 'employment.placement-missing' } },
    };
    const placed = { action: 'completion', at, by: receiver, outcome: 'placed' } as const;
    expect(decide(placed, stateAfter(...wayTo['in-service']), needs)).toEqual({
      refused: 'employment.placement-missing',
    });
    expect(isRefusal(decide(placed, registered, needs))).toBe(false);
    expect(isRefusal(decide({ ...placed, outcome: 'served' }, stateAfter(...wayTo['in-service']), needs))).toBe(false);
  });

  it('never ask for papers where none are needed', () => {
    const asked = { action: 'information-request', at, by: receiver, about: 'documents' } as const;
    expect(decide(asked, stateAfter(sent), rules)).toEqual({ refused: 'referral.papers-not-required' });
    expect(isRefusal(decide(asked, stateAfter(sent), { ...rules, papersNeverRequired: false }))).toBe(false);
  });

  it('come after the protocol’s, and before the move', () => {
    const check = () => ({ refused: 'sector.needs-more' });
    expect(decide(step('workshop'), registered, { ...rules, check })).toEqual({ refused: 'sector.needs-more' });
    expect(decide(step('workshop'), stateAfter(sent), { ...rules, check })).toMatchObject({
      refused: 'referral.illegal-transition',
    });
  });
});

describe('what happens elsewhere', () => {
  it('suspends open work once, and nothing that has ended', () => {
    const suspend = { action: 'suspend', at, cause: 'withdrawn' } as const;
    given(referral, ...wayTo['on-hold'])
      .when(suspend)
      .then({ type: 'ReferralSuspended', data: { at, cause: 'withdrawn' } });
    for (const ended of ['suspended', 'completed', 'declined', 'closed'] as const) {
      given(referral, ...wayTo[ended])
        .when(suspend)
        .then();
    }
  });

  it('changes the sender of open work, once', () => {
    const change = { action: 'change-sender', at, sender: 'oim' } as const;
    given(referral, sent)
      .when(change)
      .then({ type: 'SenderChanged', data: { at, sender: 'oim' } });
    given(referral, sent, { type: 'SenderChanged', data: { at, sender: 'oim' } })
      .when(change)
      .then();
    given(referral, ...wayTo.completed)
      .when(change)
      .then();
  });
});

describe('sending', () => {
  const facts = {
    caseOpen: true,
    urgency: 'urgent',
    receiver: 'sante',
    service: { receivers: ['sante'], bases: ['consent', 'vital-interests'], dataClasses: { required: ['identity'] } },
    consent: { active: true, recipient: 'sante', purpose: 'referral', basis: 'consent', dataClasses: ['identity'] },
  } as const;
  const consent = (change: object) => ({ ...facts, consent: { ...facts.consent, ...change } });

  it('needs nothing more than its rules ask', () => {
    expect(sendingRefusal(facts)).toBeUndefined();
  });

  it.each([
    ['a closed case', { ...facts, caseOpen: false, service: undefined }, 'case.not-open'],
    ['an unknown service', { ...facts, service: undefined, receiver: 'anapec' }, 'service.unknown'],
    ['a receiver that does not offer it', { ...facts, receiver: 'anapec', consent: undefined }, 'service.not-offered'],
    ['no consent', { ...facts, consent: undefined }, 'consent.missing'],
    ['a consent that ended', consent({ active: false }), 'consent.missing'],
    ['a consent for another', consent({ recipient: 'anapec' }), 'consent.missing'],
    ['a consent to custody', consent({ purpose: 'custody' }), 'consent.missing'],
    ['a basis the service does not admit', consent({ basis: 'legal-obligation' }), 'consent.missing'],
    ['vital interests without an emergency', consent({ basis: 'vital-interests' }), 'consent.missing'],
    ['a class that is lacking', consent({ dataClasses: ['contact'] }), 'consent.missing'],
  ])('is refused for %s', (_, wrong, code) => {
    expect(sendingRefusal(wrong)?.refused).toBe(code);
  });

  it('names the classes that lack', () => {
    expect(sendingRefusal(consent({ dataClasses: ['contact'] }))?.details).toEqual({ missing: ['identity'] });
  });

  it('admits vital interests in an emergency', () => {
    expect(sendingRefusal({ ...consent({ basis: 'vital-interests' }), urgency: 'emergency' })).toBeUndefined();
  });
});

describe('any sequence of commands', () => {
  const everybody: MoveBy[] = ['sender', 'receiver', 'sender-supervisor', 'receiver-supervisor'];
  const details = {
    assignee: 'a',
    about: 'need',
    remaining: 1000,
    answerDueAt: nextMonday,
    reason: 'other',
    appointmentAt: nextMonday,
    step: 'workshop',
    fields: {},
    supervisorMayCancelFrom: monday,
    satisfied: true,
    followedBy: 'x',
    sector: 'health',
  };
  const move = fc.record({
    action: fc.constantFrom(...referralActions),
    by: fc.subarray(everybody),
    outcome: fc.constantFrom('attended', 'no-show', 'cancelled-by-service'),
  });
  const followUp = fc.constantFrom(
    { action: 'suspend', cause: 'expired' },
    { action: 'mark-overdue', dueAt: due },
    { action: 'escalate', to: 'unit' },
    { action: 'change-sender', sender: 'hcr' },
  );
  const commands = fc.array(fc.oneof({ weight: 8, arbitrary: move }, { weight: 1, arbitrary: followUp }), {
    maxLength: 60,
  });

  it('folds, replays to the same state, and counts its versions', () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const log: ReferralEvent[] = [sent];
        for (const made of sequence) {
          const state = fold(referral, log) as SentReferral;
          const decision = decide({ at, ...details, ...made } as unknown as ReferralCommand, state);
          if (isRefusal(decision)) continue;
          log.push(...decision);
        }
        const end = log.reduce(referral.evolve, initialState) as SentReferral;
        expect(fold(referral, structuredClone(log))).toEqual(end);
        expect(end.version).toBe(log.length);
        if (!isOpen(end.status)) expect([end.answerDueAt, end.overdue]).toEqual([undefined, false]);
      }),
      { numRuns: 500 },
    );
  });
});
