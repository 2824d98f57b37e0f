import type { InLanguages } from '@ihala/service-kit';

/** Who takes part, as `POST /dev/token` is asked for them. */
export const tokenRequests = {
  entraide: {
    agency: 'entraide-nationale',
    roles: ['caseworker'],
    sub: 'en-oujda-1',
    units: ['entraide-nationale/oujda'],
  },
  hospital: { agency: 'sante', roles: ['caseworker'], sub: 'chu-oujda-1', units: ['sante/chu-oujda'] },
  clinician: { agency: 'sante', roles: ['clinician'], sub: 'dr-alami', units: ['sante/chu-oujda'] },
  oim: { agency: 'oim', roles: ['caseworker'], sub: 'oim-rabat-1' },
  hcr: { agency: 'hcr', roles: ['caseworker'], sub: 'hcr-rabat-1' },
  anapec: { agency: 'anapec', roles: ['caseworker'], sub: 'anapec-oujda-1' },
  cndp: { agency: 'cndp', roles: ['auditor'], sub: 'cndp-1' },
};
export type Member = keyof typeof tokenRequests;

export const cast: Readonly<Record<Member, InLanguages<string>>> = {
  entraide: {
    fr: 'Entraide Nationale Oujda, travailleuse sociale',
    ar: 'التعاون الوطني بوجدة، مساعدة اجتماعية',
    en: 'Entraide Nationale Oujda, caseworker',
  },
  hospital: { fr: 'CHU Oujda, accueil', ar: 'المستشفى الجامعي بوجدة، الاستقبال', en: 'Oujda hospital, reception' },
  clinician: { fr: 'CHU Oujda, Dr Alami', ar: 'المستشفى الجامعي بوجدة، د. العلمي', en: 'Oujda hospital, Dr Alami' },
  oim: { fr: 'OIM Rabat', ar: 'المنظمة الدولية للهجرة بالرباط', en: 'IOM Rabat' },
  hcr: { fr: 'HCR Rabat', ar: 'مفوضية اللاجئين بالرباط', en: 'UNHCR Rabat' },
  anapec: { fr: 'ANAPEC Oujda', ar: 'الوكالة الوطنية للتشغيل بوجدة', en: 'ANAPEC Oujda' },
  cndp: { fr: 'CNDP, auditrice', ar: 'اللجنة الوطنية لحماية المعطيات، مدققة', en: 'CNDP, auditor' },
};

/** The person of the story. */
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
  situation: { legalStatus: 'irregular', vulnerabilities: ['pregnant'] },
  reception: { place: 'Oujda', region: 'MA-02', channel: 'walk-in', unit: 'entraide-nationale/oujda' },
};
