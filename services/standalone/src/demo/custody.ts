import { type Act, type Answer, anything } from './player.js';

const custodyConsent = (recipient: string, dataClasses: readonly string[]) => ({
  recipient,
  purpose: 'custody',
  dataClasses,
  basis: 'consent',
  givenBy: 'person',
  method: 'written',
  language: 'fr',
});
const offerToOim = { to: 'oim', reason: 'protection', consentId: '{toOim}' };

const handover: Act = {
  title: { fr: 'Le dossier change de mains', ar: 'الملف ينتقل من يد إلى يد', en: 'The case changes hands' },
  steps: [
    {
      title: {
        fr: 'enregistre le consentement pour confier le dossier à l’OIM',
        ar: 'تسجل الموافقة على تسليم الملف للمنظمة الدولية للهجرة',
        en: 'records the consent to hand the case to IOM',
      },
      as: 'entraide',
      do: 'POST /v1/cases/{case}/consents',
      body: custodyConsent('oim', ['identity', 'contact', 'status']),
      status: 201,
      sees: { status: 'active', dataClasses: ['identity', 'contact', 'status'] },
      save: { toOim: 'id' },
    },
    {
      title: { fr: 'propose le dossier à l’OIM', ar: 'تقترح الملف على المنظمة', en: 'offers the case to IOM' },
      as: 'entraide',
      do: 'POST /v1/cases/{case}/transfers',
      body: offerToOim,
      status: 201,
      sees: { status: 'proposed', from: 'entraide-nationale', to: 'oim' },
      save: { first: 'id' },
    },
    {
      title: {
        fr: 'voit, le temps de l’offre, ce que le consentement nomme',
        ar: 'ترى، ما دام العرض قائما، ما تسميه الموافقة',
        en: 'sees, while the offer stands, what the consent names',
      },
      as: 'oim',
      do: 'GET /v1/cases/{case}',
      status: 200,
      sees: { 'person.givenName': 'Aminata', 'situation.legalStatus': 'irregular', custodian: 'entraide-nationale' },
      hides: ['situation.vulnerabilities', 'consents'],
    },
    {
      title: { fr: 'refuse, faute de place', ar: 'ترفض لعدم توفر مكان', en: 'refuses: no capacity' },
      as: 'oim',
      do: 'POST /v1/cases/{case}/transfers/{first}/refusal',
      body: { reason: 'no-capacity', note: 'Une place se libère demain.' },
      status: 200,
      sees: { status: 'refused', refusalReason: 'no-capacity' },
    },
    {
      title: { fr: 'garde le dossier et le propose encore', ar: 'تحتفظ بالملف وتقترحه مجددا', en: 'offers it again' },
      as: 'entraide',
      do: 'POST /v1/cases/{case}/transfers',
      body: offerToOim,
      status: 201,
      sees: { status: 'proposed' },
      save: { second: 'id' },
    },
    {
      title: { fr: 'accepte : le dossier est à elle', ar: 'تقبل: صار الملف لديها', en: 'accepts: the case is theirs' },
      as: 'oim',
      do: 'POST /v1/cases/{case}/transfers/{second}/acceptance',
      body: {},
      status: 200,
      sees: { status: 'accepted' },
    },
    {
      title: { fr: 'n’a plus le dossier', ar: 'لم يعد الملف لديها', en: 'no longer has the case' },
      as: 'entraide',
      do: 'GET /v1/cases/{case}',
      status: 404,
    },
    {
      title: {
        fr: 'enregistre le consentement pour le HCR : Aminata demande l’asile',
        ar: 'تسجل الموافقة للمفوضية: أميناتا تطلب اللجوء',
        en: 'records the consent for UNHCR: Aminata seeks asylum',
      },
      as: 'oim',
      do: 'POST /v1/cases/{case}/consents',
      body: custodyConsent('hcr', ['identity', 'status']),
      status: 201,
      sees: { status: 'active', dataClasses: ['identity', 'status'] },
      save: { toHcr: 'id' },
    },
    {
      title: { fr: 'propose le dossier au HCR', ar: 'تقترح الملف على المفوضية', en: 'offers the case to UNHCR' },
      as: 'oim',
      do: 'POST /v1/cases/{case}/transfers',
      body: { to: 'hcr', reason: 'asylum', consentId: '{toHcr}' },
      status: 201,
      sees: { status: 'proposed', from: 'oim', to: 'hcr' },
      save: { third: 'id' },
    },
    {
      title: { fr: 'accepte', ar: 'تقبل', en: 'accepts' },
      as: 'hcr',
      do: 'POST /v1/cases/{case}/transfers/{third}/acceptance',
      body: {},
      status: 200,
      sees: { status: 'accepted' },
    },
    {
      title: {
        fr: 'lit le dossier : identité et statut, pas le téléphone',
        ar: 'تقرأ الملف: الهوية والوضعية، دون الهاتف',
        en: 'reads the case: identity and status, no telephone',
      },
      as: 'hcr',
      do: 'GET /v1/cases/{case}',
      status: 200,
      sees: { custodian: 'hcr', 'person.givenName': 'Aminata', 'situation.legalStatus': 'irregular' },
      hides: ['person.phone', 'situation.vulnerabilities'],
    },
    {
      title: { fr: 'n’a plus le dossier, à son tour', ar: 'لم يعد الملف لديها بدورها', en: 'no longer has it either' },
      as: 'oim',
      do: 'GET /v1/cases/{case}',
      status: 404,
    },
    {
      title: { fr: 'ne l’a jamais eu', ar: 'لم يكن لديها قط', en: 'never had it' },
      as: 'anapec',
      do: 'GET /v1/cases/{case}',
      status: 404,
    },
  ],
};

type Item = Readonly<Record<string, string>> & { readonly actor: { readonly agency: string } };
const items = (answer: Answer, key = 'items') => answer[key] as readonly Item[];
const time = (instant = '') => instant.slice(11, 19);

const proof: Act = {
  title: { fr: 'Ce qui reste écrit', ar: 'ما يبقى مكتوبا', en: 'What stands written' },
  steps: [
    {
      title: { fr: 'lit toute la chronologie', ar: 'تقرأ التسلسل الزمني كله', en: 'reads the whole timeline' },
      as: 'hcr',
      do: 'GET /v1/cases/{case}/timeline?limit=200',
      status: 200,
      sees: { 'items.0.type': 'CaseOpened', 'items.17.type': 'TransferAccepted' },
      tells: (answer) =>
        items(answer).map(
          ({ at, source, actor, summary }) =>
            `${time(at)}  ${source?.padEnd(6)}  ${actor.agency.padEnd(18)}  ${summary}`,
        ),
    },
    {
      title: {
        fr: 'rejoue l’histoire du dossier, sans aucune donnée personnelle',
        ar: 'تعيد عرض تاريخ الملف دون أي معطى شخصي',
        en: 'replays the case’s history, without personal data',
      },
      as: 'cndp',
      do: 'GET /v1/audit/cases/{case}/history',
      status: 200,
      sees: { 'case.custodian': 'hcr', 'referrals.0.status': 'closed', completeUpTo: anything },
      hides: ['case.person', 'referrals.0.person'],
      tells: ({ case: file }) =>
        items(file as Answer, 'transfers').map(({ from, to, status, proposedAt }) =>
          [time(proposedAt), `${from} → ${to}`.padEnd(26), status].join('  '),
        ),
    },
    {
      title: {
        fr: 'lit le journal : les mots et le service sensible y sont scellés',
        ar: 'تقرأ السجل: الكلام والخدمة الحساسة مختومان فيه',
        en: 'reads the log: the words and the sensitive service are sealed in it',
      },
      as: 'cndp',
      do: 'GET /v1/audit/events?caseId={case}&source=health&limit=200',
      status: 200,
      sees: { 'items.0.type': 'ReferralSent', 'items.0.data.service': 'health', 'items.7.type': 'ReferralReviewed' },
      hides: ['items.0.data.reason'],
      tells: ({ items: [first] = [] }: { items?: readonly object[] }) =>
        JSON.stringify(
          first,
          (key, value) => (key === 'ciphertext' ? `${String(value).slice(0, 48)}…` : value),
          2,
        ).split('\n'),
    },
  ],
};

export const custodyActs: readonly Act[] = [handover, proof];
