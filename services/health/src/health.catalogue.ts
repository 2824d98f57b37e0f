import { type Catalogue, commonOutcomes, field, inLanguages, service } from '@ihala/service-kit';
import { type ServiceDefinition, step, stepMissing } from '@ihala/service-kit';

const withinAnHour = { emergency: 'PT1H', urgent: 'PT1H', routine: 'PT1H' } as const;

/** Care is given by people, so its steps are the same everywhere; all but times are findings, for clinicians alone. */
const steps = {
  consultation: step({ at: field.instant(), facility: field.words('health'), findings: field.words('health') }),
  treatment: step({ plan: field.words('health') }),
  'follow-up': step({ dueOn: field.date() }),
  'medicine-dispensed': step({ items: field.list('health') }),
  'care-at-discharge': step({ summary: field.words('health') }),
};

const consulted = { step: 'consultation', code: 'health.consultation-missing' };

type Particular = Pick<ServiceDefinition, 'title' | 'description'> &
  Partial<Pick<ServiceDefinition, 'answerWithin' | 'sensitive' | 'papersNeverRequired'>>;

const care = (particular: Particular): ServiceDefinition =>
  service({
    receivers: ['sante', 'oim', 'hcr'],
    dataClasses: { required: ['identity'], optional: ['contact', 'protection', 'violence', 'health'] },
    bases: ['consent', 'vital-interests', 'best-interests-of-child', 'legal-obligation'],
    steps,
    outcomes: [...commonOutcomes, 'treated', 'referred-on', 'discharged'],
    outcomeNeeds: { treated: consulted, 'referred-on': consulted, discharged: consulted },
    ...particular,
  });

export const healthCatalogue: Catalogue = {
  sector: 'health',
  problems: stepMissing(consulted, inLanguages('Consultation manquante', 'الاستشارة مفقودة', 'Consultation missing')),
  services: {
    'primary-care': care({
      title: { fr: 'Soins de santé primaires', ar: 'الرعاية الصحية الأولية', en: 'Primary care' },
      description: {
        fr: 'Consultation au centre de santé le plus proche.',
        ar: 'استشارة طبية في أقرب مركز صحي.',
        en: 'A consultation at the nearest health centre.',
      },
      papersNeverRequired: true,
    }),
    'hospital-care': care({
      title: { fr: 'Soins hospitaliers', ar: 'العلاج بالمستشفى', en: 'Hospital care' },
      description: {
        fr: 'Consultation spécialisée ou hospitalisation.',
        ar: 'استشارة متخصصة أو استشفاء.',
        en: 'A specialist consultation or a stay in hospital.',
      },
    }),
    'emergency-care': care({
      title: { fr: 'Urgences', ar: 'المستعجلات', en: 'Emergency care' },
      description: {
        fr: 'Prise en charge immédiate ; réponse dans l’heure.',
        ar: 'تكفّل فوري؛ الجواب خلال ساعة.',
        en: 'Care at once; answered within the hour.',
      },
      answerWithin: withinAnHour,
      papersNeverRequired: true,
    }),
    'maternal-health': care({
      title: { fr: 'Santé maternelle', ar: 'صحة الأم', en: 'Maternal health' },
      description: {
        fr: 'Suivi de grossesse, accouchement, soins au nouveau-né.',
        ar: 'تتبع الحمل والولادة ورعاية المولود.',
        en: 'Antenatal care, birth, care of the newborn.',
      },
      sensitive: true,
      papersNeverRequired: true,
    }),
    'reproductive-health': care({
      title: { fr: 'Santé reproductive', ar: 'الصحة الإنجابية', en: 'Reproductive health' },
      description: {
        fr: 'Planification familiale et santé sexuelle.',
        ar: 'تنظيم الأسرة والصحة الجنسية.',
        en: 'Family planning and sexual health.',
      },
      sensitive: true,
    }),
    'chronic-disease': care({
      title: { fr: 'Maladies chroniques', ar: 'الأمراض المزمنة', en: 'Chronic disease' },
      description: {
        fr: 'Diagnostic et suivi d’une maladie de longue durée.',
        ar: 'تشخيص وتتبع مرض مزمن.',
        en: 'Diagnosis and follow-up of a long illness.',
      },
    }),
    'mental-health': care({
      title: { fr: 'Santé mentale', ar: 'الصحة النفسية', en: 'Mental health' },
      description: {
        fr: 'Consultation et suivi psychiatriques.',
        ar: 'استشارة وتتبع في الطب النفسي.',
        en: 'Psychiatric consultation and follow-up.',
      },
      sensitive: true,
    }),
    'psychosocial-support': care({
      title: { fr: 'Soutien psychosocial', ar: 'الدعم النفسي والاجتماعي', en: 'Psychosocial support' },
      description: {
        fr: 'Écoute, accompagnement, groupes de parole.',
        ar: 'الإنصات والمواكبة وحلقات الدعم.',
        en: 'Listening, accompaniment, support groups.',
      },
    }),
    'sexual-violence-care': care({
      title: {
        fr: 'Soins après violences sexuelles',
        ar: 'الرعاية بعد العنف الجنسي',
        en: 'Care after sexual violence',
      },
      description: {
        fr: 'Soins dans les 72 heures, sans condition de plainte ; réponse dans l’heure.',
        ar: 'رعاية خلال 72 ساعة دون اشتراط شكاية؛ الجواب خلال ساعة.',
        en: 'Care within 72 hours, whether or not there is a complaint; answered within the hour.',
      },
      answerWithin: withinAnHour,
      sensitive: true,
      papersNeverRequired: true,
    }),
    'hiv-tb': care({
      title: { fr: 'VIH et tuberculose', ar: 'السيدا والسل', en: 'HIV and tuberculosis' },
      description: {
        fr: 'Dépistage, traitement et suivi.',
        ar: 'الكشف والعلاج والتتبع.',
        en: 'Testing, treatment and follow-up.',
      },
      sensitive: true,
    }),
    addiction: care({
      title: { fr: 'Addictologie', ar: 'علاج الإدمان', en: 'Addiction care' },
      description: {
        fr: 'Accueil, sevrage, réduction des risques.',
        ar: 'الاستقبال والإقلاع وتقليص المخاطر.',
        en: 'Reception, withdrawal, harm reduction.',
      },
      sensitive: true,
    }),
    vaccination: care({
      title: { fr: 'Vaccination', ar: 'التلقيح', en: 'Vaccination' },
      description: {
        fr: 'Programme national d’immunisation.',
        ar: 'البرنامج الوطني للتمنيع.',
        en: 'The national immunisation programme.',
      },
      papersNeverRequired: true,
    }),
    medicines: care({
      title: { fr: 'Médicaments', ar: 'الأدوية', en: 'Medicines' },
      description: {
        fr: 'Délivrance d’un traitement prescrit.',
        ar: 'صرف دواء موصوف.',
        en: 'Dispensing of a prescribed treatment.',
      },
    }),
  },
};
