import type { InLanguages, Language } from './http/language.js';

/** What happened, in a sentence without names: for timelines and feeds. A sensitive service's need never shows here. */
const summaries: Readonly<Record<string, InLanguages<string>>> = {
  CaseOpened: { fr: 'Dossier ouvert', ar: 'فُتح الملف', en: 'Case opened' },
  CaseCorrected: { fr: 'Données corrigées', ar: 'صُحّحت المعطيات', en: 'Records corrected' },
  NoteAdded: { fr: 'Note ajoutée', ar: 'أُضيفت ملاحظة', en: 'Note added' },
  CaseAssigned: { fr: 'Dossier attribué', ar: 'أُسند الملف', en: 'Case assigned' },
  CaseClosed: { fr: 'Dossier clos', ar: 'أُغلق الملف', en: 'Case closed' },
  CaseReopened: { fr: 'Dossier rouvert', ar: 'أُعيد فتح الملف', en: 'Case reopened' },
  AgeReassessed: { fr: 'Minorité réévaluée', ar: 'أُعيد تقييم سن القصور', en: 'Minority reassessed' },
  ConsentRecorded: { fr: 'Consentement enregistré', ar: 'سُجّلت الموافقة', en: 'Consent recorded' },
  ConsentConfirmed: { fr: 'Consentement confirmé ou non', ar: 'سُجّل رأي الشخص في الموافقة', en: 'Consent asked again' },
  ConsentWithdrawn: { fr: 'Consentement retiré', ar: 'سُحبت الموافقة', en: 'Consent withdrawn' },
  ConsentExpired: { fr: 'Consentement expiré', ar: 'انتهت مدة الموافقة', en: 'Consent expired' },
  TransferProposed: { fr: 'Transfert proposé', ar: 'اقتُرح نقل الملف', en: 'Transfer proposed' },
  TransferAccepted: { fr: 'Transfert accepté', ar: 'قُبل نقل الملف', en: 'Transfer accepted' },
  TransferRefused: { fr: 'Transfert refusé', ar: 'رُفض نقل الملف', en: 'Transfer refused' },
  TransferWithdrawn: { fr: 'Transfert retiré', ar: 'سُحب طلب النقل', en: 'Transfer withdrawn' },
  ReferralSent: { fr: 'Référencement envoyé', ar: 'أُرسلت الإحالة', en: 'Referral sent' },
  ReferralAcknowledged: { fr: 'Réception confirmée', ar: 'أُكّد استلام الإحالة', en: 'Referral acknowledged' },
  ReferralAssigned: { fr: 'Référencement attribué', ar: 'أُسندت الإحالة', en: 'Referral assigned' },
  InformationRequested: { fr: 'Information demandée', ar: 'طُلبت معلومات', en: 'Information requested' },
  InformationGiven: { fr: 'Information donnée', ar: 'قُدّمت المعلومات', en: 'Information given' },
  ReferralAccepted: { fr: 'Référencement accepté', ar: 'قُبلت الإحالة', en: 'Referral accepted' },
  ReferralDeclined: { fr: 'Référencement refusé', ar: 'رُفضت الإحالة', en: 'Referral declined' },
  AppointmentScheduled: { fr: 'Rendez-vous fixé', ar: 'حُدّد موعد', en: 'Appointment scheduled' },
  AppointmentAttended: { fr: 'Rendez-vous honoré', ar: 'تمّ الحضور في الموعد', en: 'Appointment attended' },
  AppointmentMissed: { fr: 'Rendez-vous manqué', ar: 'فات الموعد', en: 'Appointment missed' },
  AppointmentCancelled: { fr: 'Rendez-vous annulé', ar: 'أُلغي الموعد', en: 'Appointment cancelled' },
  ServiceStarted: { fr: 'Prise en charge commencée', ar: 'بدأ التكفّل', en: 'Service started' },
  StepRecorded: { fr: 'Étape enregistrée', ar: 'سُجّلت مرحلة', en: 'Step recorded' },
  ServicePutOnHold: { fr: 'Prise en charge suspendue', ar: 'عُلّق التكفّل', en: 'Service put on hold' },
  ServiceResumed: { fr: 'Prise en charge reprise', ar: 'استؤنف التكفّل', en: 'Service resumed' },
  ServiceCompleted: { fr: 'Prise en charge terminée', ar: 'اكتمل التكفّل', en: 'Service completed' },
  ServiceFailed: { fr: 'Prise en charge échouée', ar: 'تعذّر التكفّل', en: 'Service failed' },
  NextServiceSuggested: { fr: 'Service suivant suggéré', ar: 'اقتُرحت خدمة تالية', en: 'Next service suggested' },
  CancellationRequested: { fr: 'Annulation demandée', ar: 'طُلب الإلغاء', en: 'Cancellation requested' },
  ReferralCancelled: { fr: 'Référencement annulé', ar: 'أُلغيت الإحالة', en: 'Referral cancelled' },
  ConsentWithdrawalReported: {
    fr: 'Retrait du consentement signalé',
    ar: 'أُبلغ عن سحب الموافقة',
    en: 'Consent withdrawal reported',
  },
  ReferralSuspended: { fr: 'Référencement suspendu', ar: 'عُلّقت الإحالة', en: 'Referral suspended' },
  SharingStopped: { fr: 'Partage arrêté', ar: 'توقّفت مشاركة المعطيات', en: 'Sharing stopped' },
  ReferralOverdue: { fr: 'Réponse en retard', ar: 'تأخّر الجواب', en: 'Answer overdue' },
  ReferralEscalated: { fr: 'Retard signalé à la hiérarchie', ar: 'رُفع التأخّر إلى المسؤول', en: 'Referral escalated' },
  SenderChanged: { fr: 'Émetteur changé', ar: 'تغيّر المُحيل', en: 'Sender changed' },
  ReferralReviewed: {
    fr: 'Référencement évalué et clos',
    ar: 'قُيّمت الإحالة وأُغلقت',
    en: 'Referral reviewed and closed',
  },
  ReferralRedirected: { fr: 'Référencement réorienté', ar: 'أُعيد توجيه الإحالة', en: 'Referral redirected' },
  ReferralReopened: { fr: 'Référencement rouvert', ar: 'أُعيد فتح الإحالة', en: 'Referral reopened' },
  ErrandSkipped: {
    fr: 'Suite automatique abandonnée par un administrateur',
    ar: 'تخلّى مسؤول النظام عن إجراء تلقائي',
    en: 'An automatic follow-up was given up by an administrator',
  },
  ReferralEnteredInError: {
    fr: 'Référencement saisi par erreur',
    ar: 'إحالة سُجّلت خطأً',
    en: 'Referral entered in error',
  },
};

export const summarisedTypes = Object.keys(summaries);

/** @param type of an event; one that is newer than this program is named as it is */
export const summaryOf = (type: string, language: Language): string => summaries[type]?.[language] ?? type;
