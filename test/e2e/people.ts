/** Who works where: what a token says of them. */
export interface Employee {
  readonly agency: string;
  readonly roles: readonly string[];
  readonly sub: string;
  readonly units?: readonly string[];
}
const employee = (agency: string, sub: string, ...roles: string[]): Employee => ({ agency, sub, roles });

export const fatima = employee('entraide-nationale', 'f.alaoui', 'caseworker');
export const hassan = employee('entraide-nationale', 'h.tazi', 'supervisor');
export const karim = employee('oim', 'k.benali', 'caseworker');
export const salma = employee('hcr', 's.idrissi', 'caseworker');
export const nadia = employee('sante', 'n.chraibi', 'caseworker');
export const omar = employee('sante', 'o.berrada', 'supervisor');
export const doctorBennis = employee('sante', 'l.bennis', 'clinician');
export const bouchra = employee('education-nationale', 'b.naciri', 'caseworker');
export const youssef = employee('anapec', 'y.amrani', 'caseworker');
export const auditorOfCndp = employee('cndp', 'a.lahlou', 'auditor');
export const auditorOfSante = employee('sante', 'm.kettani', 'auditor');
export const administrator = employee('entraide-nationale', 'b.amrani', 'administrator');
export const officer = employee('interieur', 'r.saidi', 'caseworker', 'supervisor', 'auditor');

/** Of one unit, or some, of their agency. */
export const of = (someone: Employee, ...units: string[]): Employee => ({
  ...someone,
  sub: `${someone.sub}@${units.join('+')}`,
  units,
});

/** The people who are helped, as they first tell it. */
export const aminata = {
  person: {
    givenName: 'Aminata',
    familyName: 'Diallo',
    dateOfBirth: '1998-04-12',
    sex: 'female',
    nationality: 'CI',
    languages: ['fr'],
    phone: '+212600000001',
  },
  situation: {
    legalStatus: 'irregular',
    vulnerabilities: ['pregnant', 'trafficking-victim'],
    household: { adults: 1, children: 0 },
  },
  reception: { place: 'Oujda', region: 'MA-02', channel: 'walk-in' },
};
export const ousmane = {
  person: { givenName: 'Ousmane', familyName: 'Bah', birthYear: 1990, phone: '+212600000002' },
  situation: { legalStatus: 'asylum-seeker' },
  reception: { place: 'Rabat', channel: 'outreach' },
};
export const ibrahim = {
  person: { givenName: 'Ibrahim', alias: 'Ibou', ageEstimate: { years: 15, on: '2026-01-10' } },
  situation: { legalStatus: 'unknown', vulnerabilities: ['unaccompanied-child'] },
  reception: { place: 'Tanger', channel: 'rescue' },
};
