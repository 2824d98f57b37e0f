import type { InLanguages } from './language.js';

export interface ProblemWords {
  readonly title: string;
  readonly detail: string;
}
/** Title and detail of a refusal. */
export const problemWords = (
  fr: [string, string],
  ar: [string, string],
  en: [string, string],
): InLanguages<ProblemWords> => ({
  fr: { title: fr[0], detail: fr[1] },
  ar: { title: ar[0], detail: ar[1] },
  en: { title: en[0], detail: en[1] },
});
const missing = (fr: string, ar: string, en: string) =>
  problemWords(
    [`${fr} introuvable`, 'Rien de tel, ou rien que vous puissiez connaître.'],
    [`${ar}: غير موجود`, 'لا يوجد، أو لا يحق لكم الاطلاع عليه.'],
    [`${en} not found`, 'There is no such thing, or none that you may know of.'],
  );

/** What each refusal says to a person, by its code. */
export type ProblemTitles = Readonly<Record<string, InLanguages<ProblemWords>>>;

/** The refusals that every service may give. A test checks that no code is without words. */
export const problemTitles: ProblemTitles = {
  'token.missing': problemWords(
    ['Jeton manquant', 'Envoyez un jeton dans l’en-tête Authorization.'],
    ['الرمز مفقود', 'أرسلوا رمزاً في ترويسة Authorization.'],
    ['Token missing', 'Send a token in the Authorization header.'],
  ),
  'token.invalid': problemWords(
    ['Jeton refusé', 'Le jeton est expiré, ou n’est pas de ceux qui sont acceptés ici.'],
    ['الرمز مرفوض', 'انتهت صلاحية الرمز أو أنه غير مقبول هنا.'],
    ['Token refused', 'The token has expired, or is not one that is accepted here.'],
  ),
  'access.forbidden': problemWords(
    ['Action non permise', 'Votre agence ou votre rôle ne permet pas cette action.'],
    ['إجراء غير مسموح', 'وكالتكم أو دوركم لا يسمح بهذا الإجراء.'],
    ['Not allowed', 'Your agency or your role does not allow this.'],
  ),
  'case.not-found': missing('Dossier', 'الملف', 'Case'),
  'consent.not-found': missing('Consentement', 'الموافقة', 'Consent'),
  'transfer.not-found': missing('Transfert', 'النقل', 'Transfer'),
  'referral.not-found': missing('Référencement', 'الإحالة', 'Referral'),
  'parked.not-found': missing('Suite en attente', 'الإجراء المعلّق', 'Parked errand'),
  'route.not-found': missing('Adresse', 'العنوان', 'Address'),
  'request.invalid': problemWords(
    ['Demande non valide', 'Corrigez les champs indiqués dans « errors » et renvoyez.'],
    ['طلب غير صالح', 'صحّحوا الحقول المذكورة في errors ثم أعيدوا الإرسال.'],
    ['Request not valid', 'Mend the fields named in “errors” and send it again.'],
  ),
  'request.too-large': problemWords(
    ['Demande trop grande', 'Un corps fait 64 Kio au plus.'],
    ['الطلب كبير جداً', 'أقصى حجم هو 64 كيلوبايت.'],
    ['Request too large', 'A body is at most 64 KiB.'],
  ),
  'request.timed-out': problemWords(
    ['Demande trop lente', 'La demande n’est pas arrivée entière à temps ; renvoyez-la.'],
    ['طلب بطيء جداً', 'لم يصل الطلب كاملاً في الوقت المحدد؛ أعيدوا إرساله.'],
    ['Request too slow', 'The request did not arrive whole in time; send it again.'],
  ),
  'request.expectation-failed': problemWords(
    ['Attente non satisfaite', 'L’en-tête « Expect » demande ce que ce serveur ne sait pas faire.'],
    ['توقع لا يمكن تلبيته', 'تطلب الترويسة Expect ما لا يستطيع هذا الخادم فعله.'],
    ['Expectation failed', 'The header “Expect” asks for what this server cannot do.'],
  ),
  'request.headers-too-large': problemWords(
    ['En-têtes trop grands', 'Les en-têtes font 16 Kio au plus.'],
    ['ترويسات كبيرة جداً', 'أقصى حجم للترويسات هو 16 كيلوبايت.'],
    ['Headers too large', 'Headers are at most 16 KiB.'],
  ),
  'request.unsupported-media-type': problemWords(
    ['Format non accepté', 'Envoyez du JSON en UTF-8 (application/json).'],
    ['صيغة غير مقبولة', 'أرسلوا JSON بترميز UTF-8.'],
    ['Format not accepted', 'Send JSON in UTF-8 (application/json).'],
  ),
  'idempotency-key.reused': problemWords(
    ['Clé déjà utilisée', 'Cette Idempotency-Key a servi à une autre demande ; prenez-en une nouvelle.'],
    ['مفتاح مستعمل', 'استُعمل هذا المفتاح لطلب آخر؛ استعملوا مفتاحاً جديداً.'],
    ['Key already used', 'This Idempotency-Key was used for another request; take a new one.'],
  ),
  'precondition.failed': problemWords(
    ['Version dépassée', 'La ressource a changé depuis votre lecture ; relisez-la.'],
    ['نسخة متجاوزة', 'تغيّر المورد منذ قراءتكم؛ أعيدوا قراءته.'],
    ['Out of date', 'The resource changed since you read it; read it again.'],
  ),
  'case.not-open': problemWords(
    ['Dossier clos', 'Rien ne peut commencer sur un dossier clos ; rouvrez-le d’abord.'],
    ['الملف مغلق', 'لا يمكن بدء شيء في ملف مغلق؛ أعيدوا فتحه أولاً.'],
    ['Case closed', 'Nothing can start on a closed case; reopen it first.'],
  ),
  'case.not-closed': problemWords(
    ['Dossier ouvert', 'Seul un dossier clos peut être rouvert.'],
    ['الملف مفتوح', 'لا يُعاد فتح إلا ملف مغلق.'],
    ['Case open', 'Only a closed case can be reopened.'],
  ),
  'case.has-open-work': problemWords(
    ['Travail en cours', 'Un référencement ou un transfert est encore ouvert.'],
    ['عمل جارٍ', 'ما تزال إحالة أو عملية نقل مفتوحة.'],
    ['Open work', 'A referral or a transfer is still open.'],
  ),
  'consent.missing': problemWords(
    ['Consentement manquant', 'Il faut un consentement actif pour ce destinataire, ce but et ces données.'],
    ['الموافقة مفقودة', 'يلزم توفر موافقة سارية لهذا المتلقي ولهذا الغرض ولهذه المعطيات.'],
    ['Consent missing', 'An active consent for this recipient, purpose and data is needed.'],
  ),
  'consent.recipient-not-allowed': problemWords(
    ['Destinataire exclu', 'Les données d’une personne ne vont jamais à cette agence.'],
    ['متلقٍّ غير مسموح', 'لا تُرسل معطيات الأشخاص إلى هذه الجهة أبداً.'],
    ['Recipient not allowed', 'A person’s data never goes to this agency.'],
  ),
  'consent.guardian-needed': problemWords(
    ['Tuteur nécessaire', 'Pour un enfant, le consentement est donné par le tuteur.'],
    ['يلزم ولي', 'موافقة القاصر يعطيها وليه.'],
    ['Guardian needed', 'For a child, the guardian gives consent.'],
  ),
  'transfer.already-proposed': problemWords(
    ['Transfert déjà proposé', 'Une seule proposition ouverte à la fois.'],
    ['نقل مقترح مسبقاً', 'اقتراح واحد مفتوح في كل مرة.'],
    ['Already proposed', 'One open proposal at a time.'],
  ),
  'consent.not-active': problemWords(
    ['Consentement terminé', 'Ce consentement a été retiré ou a expiré.'],
    ['موافقة منتهية', 'سُحبت هذه الموافقة أو انتهت مدتها.'],
    ['Consent ended', 'This consent was withdrawn or has expired.'],
  ),
  'consent.confirmation-not-needed': problemWords(
    ['Confirmation sans objet', 'Seule une aide donnée sans attendre la parole de la personne se confirme, une fois.'],
    ['لا حاجة إلى التأكيد', 'لا يُؤكَّد إلا ما قُدّم من عون قبل سماع كلمة الشخص، ومرة واحدة.'],
    ['Nothing to confirm', 'Only help given before the person could say so is confirmed, and once.'],
  ),
  'transfer.recipient-not-allowed': problemWords(
    ['Destinataire impossible', 'Le dossier ne peut aller qu’à une autre agence référente.'],
    ['متلقٍّ غير ممكن', 'لا يُنقل الملف إلا إلى جهة أخرى مكلفة بالملفات.'],
    ['Recipient not allowed', 'A case can only go to another agency that holds custody.'],
  ),
  'transfer.not-open': problemWords(
    ['Transfert terminé', 'Cette proposition a déjà reçu sa réponse, ou a été retirée.'],
    ['انتهى طلب النقل', 'سبق الرد على هذا الاقتراح أو سُحب.'],
    ['Transfer ended', 'This proposal was answered or withdrawn already.'],
  ),
  'service.unknown': problemWords(
    ['Service inconnu', 'Ce secteur n’a pas de tel service.'],
    ['خدمة غير معروفة', 'لا توجد هذه الخدمة في هذا القطاع.'],
    ['Service unknown', 'This sector has no such service.'],
  ),
  'service.not-offered': problemWords(
    ['Service non offert', 'Ce destinataire n’offre pas ce service.'],
    ['خدمة غير متاحة', 'هذا المتلقي لا يقدّم هذه الخدمة.'],
    ['Service not offered', 'This receiver does not offer this service.'],
  ),
  'service.step-unknown': problemWords(
    ['Étape inconnue', 'Ce service n’a pas de telle étape.'],
    ['مرحلة غير معروفة', 'لا توجد هذه المرحلة في هذه الخدمة.'],
    ['Step unknown', 'This service has no such step.'],
  ),
  'service.step-repeated': problemWords(
    ['Étape déjà enregistrée', 'Cette étape ne se répète pas.'],
    ['مرحلة مسجلة', 'لا تتكرر هذه المرحلة.'],
    ['Step already recorded', 'This step does not repeat.'],
  ),
  'event.unreadable': problemWords(
    ['Événement illisible', 'Sa forme n’est pas connue ici ; réessayez après la mise à jour du programme.'],
    ['حدث غير مقروء', 'صيغته غير معروفة هنا؛ أعيدوا المحاولة بعد تحديث البرنامج.'],
    ['Event not readable', 'Its form is not known here; try again once the program is updated.'],
  ),
  'errand.failed': problemWords(
    ['Suite en échec', 'Une erreur inattendue ; le journal du service en dit le lieu.'],
    ['تعذّر التنفيذ', 'خطأ غير متوقع؛ يبيّن سجل الخدمة موضعه.'],
    ['Could not be done', 'An unexpected error; the log of the service says where.'],
  ),
  'errand.waits': problemWords(
    ['En attente', 'Une suite plus ancienne pour le même objet doit d’abord aboutir.'],
    ['في الانتظار', 'يجب أولاً أن ينجح إجراء أقدم يخص الأمر نفسه.'],
    ['Waiting', 'An earlier one for the same thing has to succeed first.'],
  ),
  'service.catching-up': problemWords(
    ['Mise à jour en cours', 'Le service n’a pas encore tout reçu ; réessayez dans un instant.'],
    ['التحديث جارٍ', 'لم تتوصل الخدمة بكل شيء بعد؛ أعيدوا المحاولة بعد لحظة.'],
    ['Catching up', 'The service has not heard everything yet; try again in a moment.'],
  ),
  'service.busy': problemWords(
    ['Service occupé', 'Trop de changements à la fois ; réessayez.'],
    ['الخدمة مشغولة', 'تغييرات كثيرة في آن واحد؛ أعيدوا المحاولة.'],
    ['Busy', 'Too many changes at once; try again.'],
  ),
  'carrier.unavailable': problemWords(
    ['Échanges interrompus', 'Ce service n’entend plus les autres, ou n’en est plus entendu.'],
    ['التبادل منقطع', 'هذه الخدمة لا تسمع الخدمات الأخرى أو لا تُسمع منها.'],
    ['Exchange interrupted', 'This service does not hear the others, or is not heard by them.'],
  ),
  'storage.unavailable': problemWords(
    ['Stockage indisponible', 'Rien ne peut être enregistré pour l’instant ; réessayez, avec la même Idempotency-Key.'],
    ['التخزين غير متاح', 'لا يمكن تسجيل أي شيء الآن؛ أعيدوا المحاولة بنفس Idempotency-Key.'],
    ['Storage unavailable', 'Nothing can be recorded just now; try again, with the same Idempotency-Key.'],
  ),
  'service.unavailable': problemWords(
    ['Service indisponible', 'Réessayez dans un instant.'],
    ['الخدمة غير متاحة', 'أعيدوا المحاولة بعد لحظة.'],
    ['Unavailable', 'Try again in a moment.'],
  ),
  'rate.exceeded': problemWords(
    ['Trop de demandes', 'Attendez un peu avant de réessayer.'],
    ['طلبات كثيرة', 'انتظروا قليلاً قبل إعادة المحاولة.'],
    ['Too many requests', 'Wait a little before trying again.'],
  ),
  'referral.illegal-transition': problemWords(
    ['Pas possible maintenant', 'L’état du référencement ne permet pas cette action ; voyez « allowedActions ».'],
    ['غير ممكن الآن', 'حالة الإحالة لا تسمح بهذا الإجراء؛ انظروا allowedActions.'],
    ['Not possible now', 'The referral’s status does not allow this; see “allowedActions”.'],
  ),
  'referral.too-early': problemWords(
    ['Trop tôt', 'Le destinataire a sept jours pour répondre à une demande d’annulation.'],
    ['سابق لأوانه', 'للمتلقي سبعة أيام للرد على طلب الإلغاء.'],
    ['Too early', 'The receiver has seven days to answer a cancellation request.'],
  ),
  'referral.papers-not-required': problemWords(
    ['Papiers non exigibles', 'Ce service ne dépend jamais de papiers ni de statut.'],
    ['لا تُطلب وثائق', 'هذه الخدمة لا تتوقف أبداً على الوثائق أو الوضع القانوني.'],
    ['Papers not required', 'This service never depends on papers or status.'],
  ),
  'referral.already-sent': problemWords(
    ['Déjà envoyé', 'Ce référencement existe déjà.'],
    ['أُرسلت مسبقاً', 'هذه الإحالة موجودة.'],
    ['Already sent', 'This referral exists already.'],
  ),
  'issuer.unavailable': problemWords(
    ['Émetteur injoignable', 'L’émetteur de votre jeton ne répond pas ; réessayez dans un instant.'],
    ['جهة الإصدار غير متاحة', 'الجهة المصدرة للرمز لا تجيب؛ أعيدوا المحاولة بعد لحظة.'],
    ['Issuer out of reach', 'The issuer of your token does not answer; try again in a moment.'],
  ),
  'person.erased': problemWords(
    ['Personne effacée', 'Les données de cette personne ont été effacées ; rien de personnel ne peut plus être écrit.'],
    ['محو المعطيات', 'مُحيت معطيات هذا الشخص؛ لا يمكن كتابة أي معطى شخصي.'],
    ['Person erased', 'This person’s data was erased; nothing personal can be written any more.'],
  ),
  internal: problemWords(
    ['Erreur interne', 'L’erreur est de notre côté ; elle a été notée. Rien n’a été fait à moitié.'],
    ['خطأ داخلي', 'الخطأ من جانبنا وقد سُجّل. لم يُنفَّذ شيء جزئياً.'],
    ['Internal error', 'The fault is ours and was noted. Nothing was half done.'],
  ),
};
