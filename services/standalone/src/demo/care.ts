import { aminata } from './cast.js';
import { type Act, anything } from './player.js';

const referral = {
  caseId: '{case}',
  consentId: '{consent}',
  service: 'maternal-health',
  receiver: 'sante',
  receiverUnit: 'sante/chu-oujda',
  urgency: 'urgent',
  reason: 'Sixième mois, aucune consultation jusqu’ici.',
};

const reception: Act = {
  title: { fr: 'Accueil et consentement', ar: 'الاستقبال والموافقة', en: 'Reception and consent' },
  steps: [
    {
      title: { fr: 'ouvre le dossier d’Aminata', ar: 'تفتح ملف أميناتا', en: 'opens Aminata’s case' },
      as: 'entraide',
      do: 'POST /v1/cases',
      body: aminata,
      status: 201,
      sees: { reference: anything, status: 'open', custodian: 'entraide-nationale' },
      save: { case: 'id' },
    },
    {
      title: {
        fr: 'veut l’orienter vers la maternité : sans consentement, rien ne part',
        ar: 'تريد إحالتها على مصلحة الولادة: لا شيء يُرسل دون موافقة',
        en: 'wants to refer her to maternity: nothing leaves without consent',
      },
      as: 'entraide',
      do: 'POST /v1/health/referrals',
      body: { ...referral, consentId: '01920000-0000-7000-8000-000000000000' },
      status: 409,
      sees: { code: 'consent.missing', missing: anything },
    },
    {
      title: {
        fr: 'enregistre ce qu’Aminata permet : son identité et sa grossesse, pas son téléphone',
        ar: 'تسجل ما تسمح به أميناتا: هويتها وحملها، لا هاتفها',
        en: 'records what Aminata allows: her identity and her pregnancy, not her telephone',
      },
      as: 'entraide',
      do: 'POST /v1/cases/{case}/consents',
      body: {
        recipient: 'sante',
        purpose: 'referral',
        dataClasses: ['identity', 'protection'],
        basis: 'consent',
        givenBy: 'person',
        method: 'oral-witnessed',
        language: 'fr',
      },
      status: 201,
      sees: { status: 'active', recipient: 'sante', dataClasses: ['identity', 'protection'] },
      save: { consent: 'id' },
    },
    {
      title: { fr: 'envoie le référencement', ar: 'ترسل الإحالة', en: 'sends the referral' },
      as: 'entraide',
      do: 'POST /v1/health/referrals',
      body: referral,
      status: 201,
      sees: { status: 'sent', service: 'maternal-health', receiver: 'sante', answerDueAt: anything },
      save: { referral: 'id' },
    },
  ],
};

const care: Act = {
  title: { fr: 'La santé répond', ar: 'الصحة تجيب', en: 'Health answers' },
  steps: [
    {
      title: {
        fr: 'le trouve dans sa liste de travail : des codes, aucun nom',
        ar: 'يجدها في لائحة عمله: رموز دون أسماء',
        en: 'finds it on the worklist: codes, no name',
      },
      as: 'hospital',
      do: 'GET /v1/health/referrals?direction=incoming&status=sent&caseId={case}',
      status: 200,
      sees: { 'items.0.status': 'sent', 'items.0.service': 'maternal-health' },
      hides: ['items.0.person'],
    },
    {
      title: {
        fr: 'l’ouvre et voit ce qui est permis, pas plus',
        ar: 'يفتحها ويرى المسموح به لا غير',
        en: 'opens it and sees what is allowed, no more',
      },
      as: 'hospital',
      do: 'GET /v1/health/referrals/{referral}',
      status: 200,
      sees: { 'person.givenName': 'Aminata', 'person.vulnerabilities': ['pregnant'], reason: referral.reason },
      hides: ['person.phone', 'person.legalStatus'],
    },
    {
      title: {
        fr: 'demande le même référencement : il n’existe pas pour elle',
        ar: 'تطلب الإحالة نفسها: لا وجود لها بالنسبة إليها',
        en: 'asks for the same referral: to them there is none',
      },
      as: 'anapec',
      do: 'GET /v1/health/referrals/{referral}',
      status: 404,
    },
    {
      title: { fr: 'confirme la réception', ar: 'يؤكد الاستلام', en: 'acknowledges' },
      as: 'hospital',
      do: 'POST /v1/health/referrals/{referral}/acknowledgement',
      body: {},
      status: 200,
      sees: { status: 'acknowledged' },
    },
    {
      title: {
        fr: 'ne peut pas accepter à la place du destinataire',
        ar: 'لا يمكنها القبول مكان المستقبِل',
        en: 'cannot accept in the receiver’s place',
      },
      as: 'entraide',
      do: 'POST /v1/health/referrals/{referral}/acceptance',
      body: {},
      status: 403,
    },
    {
      title: { fr: 'accepte : la réponse est donnée à temps', ar: 'يقبل: جاء الجواب في الأجل', en: 'accepts, in time' },
      as: 'hospital',
      do: 'POST /v1/health/referrals/{referral}/acceptance',
      body: {},
      status: 200,
      sees: { status: 'accepted', overdue: false },
    },
    {
      title: { fr: 'fixe un rendez-vous', ar: 'يحدد موعدا', en: 'gives an appointment' },
      as: 'hospital',
      do: 'POST /v1/health/referrals/{referral}/appointment',
      body: { at: '{tomorrow}', place: 'Maternité, porte B' },
      status: 200,
      sees: { status: 'scheduled', appointment: anything },
    },
    {
      title: { fr: 'note qu’Aminata est venue', ar: 'يسجل حضور أميناتا', en: 'notes that Aminata came' },
      as: 'clinician',
      do: 'POST /v1/health/referrals/{referral}/attendance',
      body: { outcome: 'attended' },
      status: 200,
      sees: { status: 'in-service' },
    },
    {
      title: { fr: 'consigne la consultation', ar: 'يدون الاستشارة', en: 'records the consultation' },
      as: 'clinician',
      do: 'POST /v1/health/referrals/{referral}/steps/consultation',
      body: { at: '{now}', facility: 'CHU Oujda', findings: 'Grossesse de 24 semaines, sans complication.' },
      status: 200,
      sees: { status: 'in-service' },
    },
    {
      title: { fr: 'relit ses constats', ar: 'يعيد قراءة معايناته', en: 'reads the findings again' },
      as: 'clinician',
      do: 'GET /v1/health/referrals/{referral}/events',
      status: 200,
      sees: { 'items.-1.step': 'consultation', 'items.-1.fields.findings': anything },
    },
    {
      title: {
        fr: 'apprend que la consultation a eu lieu, rien de plus',
        ar: 'تعلم أن الاستشارة تمت، لا أكثر',
        en: 'learns that the consultation took place, no more',
      },
      as: 'entraide',
      do: 'GET /v1/health/referrals/{referral}/events',
      status: 200,
      sees: { 'items.-1.step': 'consultation', 'items.-1.fields.at': anything },
      hides: ['items.-1.fields.findings', 'items.-1.fields.facility'],
    },
    {
      title: { fr: 'termine la prise en charge', ar: 'ينهي التكفل', en: 'completes the service' },
      as: 'clinician',
      do: 'POST /v1/health/referrals/{referral}/completion',
      body: { outcome: 'treated' },
      status: 200,
      sees: { status: 'completed', outcome: 'treated' },
      hides: ['person'],
    },
    {
      title: {
        fr: 'évalue et clôt : la boucle est bouclée',
        ar: 'تقيّم وتغلق: اكتملت الحلقة',
        en: 'reviews and closes: the loop is closed',
      },
      as: 'entraide',
      do: 'POST /v1/health/referrals/{referral}/review',
      body: { satisfied: true, personInformed: true },
      status: 200,
      sees: { status: 'closed' },
    },
  ],
};

export const careActs: readonly Act[] = [reception, care];
