import { describe, expect, test } from '@jest/globals';
import { agencyKinds, roles, type AgencyKind, type Role } from '@ihala/contracts';
import { Policies, PolicyError } from './policies.js';
import { moveBys } from './questions.js';
import type { CaseParties, Desk, MoveBy, Principal, Question, ReferralParties, TransferParties } from './questions.js';

const policies = new Policies(['cndp']);
const caller = (agency: string, kind: AgencyKind, role: Role, units: string[] = []): Principal => ({
  agency,
  kinds: kind === 'custody' ? ['custody', 'provider'] : [kind],
  roles: [role],
  units,
});

/** In the tables: who may, by kind of agency or by part in the matter. Whoever is not named may not; enforcement never may. */
type Row = Readonly<Record<string, string>>;
const everyone = 'caseworker supervisor clinician auditor statistician administrator';
const caseStaff = 'caseworker supervisor';

/** Every role of every kind of agency, asked: the roles that may, as the tables write them. */
const whoMay = (permitted: (kind: AgencyKind, role: Role) => boolean) =>
  Object.fromEntries(agencyKinds.map((kind) => [kind, roles.filter((role) => permitted(kind, role)).join(' ')]));

describe('at a desk', () => {
  const agencies = { custody: 'oim', provider: 'sante', oversight: 'cndp', enforcement: 'interieur' } as const;
  const plain: Desk = { type: 'Desk' };
  const health: Desk = { type: 'Desk', sector: 'health' };
  const education: Desk = { type: 'Desk', sector: 'education' };
  const table: readonly (readonly [Extract<Question, readonly [unknown, Desk]>, Row])[] = [
    [['enter', plain], { custody: everyone, provider: everyone, oversight: everyone }],
    [['list-services', education], { custody: everyone, provider: everyone, oversight: everyone }],
    [['open-case', plain], { custody: caseStaff }],
    [['list-cases', plain], { custody: caseStaff }],
    [['list-transfers', plain], { custody: caseStaff }],
    [['send-referral', health], { custody: caseStaff, provider: caseStaff, oversight: caseStaff }],
    [
      ['list-referrals', health],
      {
        custody: 'caseworker supervisor clinician',
        provider: 'caseworker supervisor clinician',
        oversight: 'caseworker supervisor clinician',
      },
    ],
    [['list-referrals', education], { custody: caseStaff, provider: caseStaff, oversight: caseStaff }],
    [['list-referrals', plain], { custody: caseStaff, provider: caseStaff, oversight: caseStaff }],
    [
      ['read-feed', plain],
      {
        custody: 'caseworker supervisor clinician',
        provider: 'caseworker supervisor clinician',
        oversight: 'caseworker supervisor clinician',
      },
    ],
    [['read-whole-feed', plain], { custody: caseStaff, provider: caseStaff, oversight: caseStaff }],
    [['read-audit', plain], { custody: 'auditor', provider: 'auditor', oversight: 'auditor' }],
    [['read-whole-audit', plain], { oversight: 'auditor' }],
    [['operate', plain], { custody: 'administrator', provider: 'administrator', oversight: 'administrator' }],
  ];
  test.each(table)('%p', (question, expected) => {
    const answers = whoMay((kind, role) => policies.permits(caller(agencies[kind], kind, role), ...question));
    expect(answers).toEqual({ custody: '', provider: '', oversight: '', enforcement: '', ...expected });
  });

  test('the whole log is read by the agencies the deployment names, by whole agencies only', () => {
    const anapec = new Policies(['anapec']);
    const auditor = (agency: string, units?: string[]) => caller(agency, 'oversight', 'auditor', units);
    expect(anapec.permits(auditor('anapec'), 'read-whole-audit', plain)).toBe(true);
    expect(anapec.permits(auditor('cndp'), 'read-whole-audit', plain)).toBe(false);
    expect(anapec.permits(auditor('anapec', ['anapec/fes']), 'read-whole-audit', plain)).toBe(false);
    expect(new Policies([]).permits(auditor('cndp'), 'read-whole-audit', plain)).toBe(false);
  });
});

describe('in a matter', () => {
  const inHealth: ReferralParties = { type: 'Referral', sector: 'health', sender: 'oim', receiver: 'sante' };
  const inSchool: ReferralParties = { ...inHealth, sector: 'education', receiver: 'education-nationale' };
  const case_: CaseParties = { type: 'Case', custodian: 'oim', offeredTo: 'hcr' };
  const transfer: TransferParties = { type: 'Transfer', from: 'oim', to: 'hcr' };
  const by = (...movers: MoveBy[]) => ({ by: movers });
  const clinical = 'caseworker supervisor clinician';
  /** oim is custodian, proposer and sender; the other side is who it is offered to, and the receiver. */
  const table: readonly (readonly [Exclude<Question, readonly [unknown, Desk]>, Row])[] = [
    [['know', case_], { oim: everyone, other: everyone }],
    [['view-case', case_], { oim: caseStaff, other: caseStaff }],
    [['work-case', case_], { oim: caseStaff }],
    [['grant-exceptional-consent', case_], { oim: 'supervisor' }],
    [['know', { type: 'Case', custodian: 'oim' }], { oim: everyone }],
    [['view-case', { type: 'Case', custodian: 'oim' }], { oim: caseStaff }],
    [['know', transfer], { oim: everyone, other: everyone }],
    [['view-transfer', transfer], { oim: caseStaff, other: caseStaff }],
    [['answer-transfer', transfer], { other: caseStaff }],
    [['withdraw-transfer', transfer], { oim: caseStaff }],
    [['know', inHealth], { oim: everyone, other: everyone }],
    [['view-referral', inHealth], { oim: clinical, other: clinical }],
    [['move-referral', inHealth, by('sender')], { oim: caseStaff }],
    [['move-referral', inHealth, by('receiver')], { other: clinical }],
    [['move-referral', inHealth, by('sender-supervisor')], { oim: 'supervisor' }],
    [['move-referral', inHealth, by('receiver-supervisor')], { other: 'supervisor' }],
    [['move-referral', inHealth, by('receiver', 'sender-supervisor')], { oim: 'supervisor', other: clinical }],
    [['move-referral', inHealth, by('sender', 'receiver')], { oim: caseStaff, other: clinical }],
    [
      ['move-referral', inHealth, by('sender-supervisor', 'receiver-supervisor')],
      { oim: 'supervisor', other: 'supervisor' },
    ],
    [['move-referral', inHealth, by()], {}],
    [['write-findings', inHealth], { other: 'clinician' }],
    [['read-findings', inHealth], { other: 'clinician' }],
    [['know', inSchool], { oim: everyone, other: everyone }],
    [['view-referral', inSchool], { oim: caseStaff, other: caseStaff }],
    [['move-referral', inSchool, by('sender')], { oim: caseStaff }],
    [['move-referral', inSchool, by('receiver')], { other: caseStaff }],
    [['move-referral', inSchool, by('sender-supervisor')], { oim: 'supervisor' }],
    [['move-referral', inSchool, by('receiver-supervisor')], { other: 'supervisor' }],
    [['write-findings', inSchool], { other: caseStaff }],
    [['read-findings', inSchool], { other: caseStaff }],
  ];
  const otherSide = ([, resource]: (typeof table)[number][0]) =>
    resource.type === 'Referral' ? resource.receiver : 'hcr';

  test.each(table)('%j', (question, expected) => {
    const agencies = { oim: 'oim', other: otherSide(question), stranger: 'anapec' };
    for (const [part, agency] of Object.entries(agencies)) {
      const answers = whoMay((kind, role) => policies.permits(caller(agency, kind, role), ...question));
      const may = expected[part] ?? '';
      expect({ [part]: answers }).toEqual({ [part]: { custody: may, provider: may, oversight: may, enforcement: '' } });
    }
  });

  test('who one may be in a referral is what the policies let one do', () => {
    const both: ReferralParties = { ...inHealth, receiver: 'oim' };
    const movers = (agency: string, role: Role, referral = inHealth) =>
      policies.moversOf(caller(agency, 'custody', role), referral).join(' ');
    expect(movers('oim', 'caseworker')).toBe('sender');
    expect(movers('oim', 'supervisor')).toBe('sender sender-supervisor');
    expect(movers('sante', 'clinician')).toBe('receiver');
    expect(movers('sante', 'supervisor')).toBe('receiver receiver-supervisor');
    expect(movers('education-nationale', 'clinician', inSchool)).toBe('');
    expect(movers('oim', 'supervisor', both)).toBe(moveBys.join(' '));
    expect(movers('oim', 'clinician', both)).toBe('receiver');
    expect(movers('sante', 'auditor')).toBe('');
    expect(movers('anapec', 'supervisor')).toBe('');
  });

  test('two roles do what either may', () => {
    const both = { ...caller('sante', 'provider', 'clinician'), roles: ['clinician', 'supervisor'] as const };
    expect(policies.permits(both, 'write-findings', inHealth)).toBe(true);
    expect(policies.moversOf(both, inHealth)).toEqual(['receiver', 'receiver-supervisor']);
    const enforcing = { ...both, kinds: ['provider', 'enforcement'] as const };
    expect(policies.permits(enforcing, 'read-findings', inHealth)).toBe(false);
  });
});

describe('units', () => {
  const at = (unit?: string, offeredUnit?: string): CaseParties => ({
    type: 'Case',
    custodian: 'oim',
    unit,
    offeredTo: 'hcr',
    offeredUnit,
  });
  const know = (agency: string, units: string[], resource: CaseParties) =>
    policies.permits(caller(agency, 'custody', 'caseworker', units), 'know', resource);

  test.each([
    [[], undefined, true],
    [[], 'oim/oujda', true],
    [['oim/oujda'], 'oim/oujda', true],
    [['oim/rabat', 'oim/oujda'], 'oim/oujda', true],
    [['oim/rabat'], 'oim/oujda', false],
    [['oim/oujda'], undefined, false],
    [['oim/oujda'], 'oim/oujda-2', false],
  ])('a token of oim for %j meets a case of unit %p: %p', (units, unit, expected) => {
    expect(know('oim', units, at(unit))).toBe(expected);
    expect(
      know(
        'hcr',
        units.map((name) => name.replace('oim', 'hcr')),
        at(undefined, unit?.replace('oim', 'hcr')),
      ),
    ).toBe(expected);
  });

  test('nobody’s unit counts for another agency', () => {
    expect(know('hcr', ['oim/oujda'], { type: 'Case', custodian: 'oim', unit: 'oim/oujda' })).toBe(false);
    expect(know('hcr', [], { type: 'Case', custodian: 'oim', unit: 'hcr/rabat' })).toBe(false);
    expect(know('hcr', ['hcr/rabat'], { type: 'Case', custodian: 'oim', unit: 'hcr/rabat' })).toBe(false);
  });

  test('hold for every party of transfers and referrals', () => {
    const transfer: TransferParties = {
      type: 'Transfer',
      from: 'oim',
      fromUnit: 'oim/oujda',
      to: 'hcr',
      toUnit: 'hcr/rabat',
    };
    const referral: ReferralParties = {
      type: 'Referral',
      sector: 'health',
      sender: 'oim',
      senderUnit: 'oim/oujda',
      receiver: 'sante',
      receiverUnit: 'sante/chu-oujda',
    };
    const supervisor = (agency: string, unit: string) => caller(agency, 'custody', 'supervisor', [unit]);
    expect(policies.permits(supervisor('oim', 'oim/oujda'), 'withdraw-transfer', transfer)).toBe(true);
    expect(policies.permits(supervisor('oim', 'oim/rabat'), 'withdraw-transfer', transfer)).toBe(false);
    expect(policies.permits(supervisor('hcr', 'hcr/rabat'), 'answer-transfer', transfer)).toBe(true);
    expect(policies.permits(supervisor('hcr', 'hcr/fes'), 'know', transfer)).toBe(false);
    expect(policies.moversOf(supervisor('oim', 'oim/oujda'), referral)).toEqual(['sender', 'sender-supervisor']);
    expect(policies.moversOf(supervisor('oim', 'oim/rabat'), referral)).toEqual([]);
    expect(policies.moversOf(supervisor('sante', 'sante/chu-oujda'), referral)).toEqual([
      'receiver',
      'receiver-supervisor',
    ]);
    expect(policies.permits(supervisor('sante', 'sante/chu-fes'), 'know', referral)).toBe(false);
  });
});

describe('policies that are wrong', () => {
  const desk: Desk = { type: 'Desk' };
  const supervisor = caller('oim', 'custody', 'supervisor');

  test('one that fails in judging denies nothing silently: it throws', () => {
    const overflow = `permit (principal, action, resource);
      forbid (principal, action == Action::"open-case", resource) when { 9223372036854775807 + 1 > 0 };`;
    const failing = new Policies([], overflow);
    expect(() => failing.permits(supervisor, 'open-case', desk)).toThrow(PolicyError);
    expect(() => failing.permits(supervisor, 'open-case', desk)).toThrow(/overflow/);
    expect(failing.permits(supervisor, 'list-cases', desk)).toBe(true);
  });

  test.each([
    ['permit (principal in Role::"supervizor", action, resource);', /supervizor/],
    ['permit (principal, action == Action::"open-safe", resource);', /open-safe/],
    ['permit (principal, action, resource is Case) when { resource.owner == principal };', /owner/],
    ['permit (principal, action', /unexpected end of input/],
  ])('%s is refused at the start', (text, message) => {
    expect(() => new Policies([], text)).toThrow(PolicyError);
    expect(() => new Policies([], text)).toThrow(message);
  });

  test('so is a schema, and a question that does not fit it', () => {
    expect(() => new Policies([], 'permit (principal, action, resource);', 'entity Caller')).toThrow(PolicyError);
    const question = ['open-case', { type: 'Case', custodian: 'oim' }] as unknown as Extract<
      Question,
      readonly [unknown, Desk]
    >;
    expect(() => policies.permits(supervisor, ...question)).toThrow(PolicyError);
    const stranger = { ...supervisor, roles: ['janitor' as Role] };
    expect(() => policies.permits(stranger, 'enter', desk)).toThrow(PolicyError);
  });
});
