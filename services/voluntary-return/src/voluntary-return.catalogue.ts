import { type Catalogue, commonOutcomes, field, inLanguages, repeatable, service } from '@ihala/service-kit';
import { type ServiceDefinition, step, stepMissing } from '@ihala/service-kit';

const departed = { step: 'departure', code: 'voluntary-return.departure-missing' };
const monitored = { step: 'monitoring', code: 'voluntary-return.monitoring-missing' };

type Own = 'title' | 'description' | 'dataClasses' | 'steps' | 'outcomes' | 'outcomeNeeds';

/** Going home is voluntary or it is something else: nothing stands in for the person's own word. */
const homeward = (own: Pick<ServiceDefinition, Own>): ServiceDefinition =>
  service({
    receivers: ['oim'],
    bases: ['consent'],
    ...own,
  });

const preparing: ServiceDefinition['steps'] = {
  'protection-screening': step({
    asylumExplained: field.flag('protection'),
    wishesAsylum: field.flag('protection'),
    riskOnReturn: field.words('protection'),
  }),
  'hcr-counselling': step({ at: field.instant() }),
  counselling: step({ at: field.instant(), language: field.words('texts'), interpreter: field.flag() }),
  'vulnerability-assessment': step({ categories: field.list('protection') }),
  'pre-departure-assistance': repeatable(step({ kind: field.code('psychosocial', 'food', 'medical', 'shelter') })),
  'health-check': step({ at: field.instant('health'), fitToTravel: field.flag(), validUntil: field.instant() }),
  declaration: step({
    signedAt: field.instant(),
    language: field.words('texts'),
    givenBy: field.words('texts'),
    destination: field.words('texts'),
  }),
};

const leaving: ServiceDefinition['steps'] = {
  'reintegration-orientation': repeatable(step({ topic: field.words('texts') })),
  'financial-aid': step({ amount: field.count() }),
  'travel-document': step({ kind: field.words('status'), issuedBy: field.words('status') }),
  booking: step({
    travelOn: field.date(),
    route: field.words('texts'),
    travellers: field.count(),
    fundedBy: field.optional(field.words('texts')),
  }),
  departure: step({ at: field.instant(), confirmedVoluntary: field.flag() }),
};

export const voluntaryReturnCatalogue: Catalogue = {
  sector: 'voluntary-return',
  problems: {
    ...stepMissing(departed, inLanguages('Départ manquant', 'المغادرة مفقودة', 'Departure missing')),
    ...stepMissing(monitored, inLanguages('Suivi manquant', 'التتبع مفقود', 'Monitoring missing')),
  },
  services: {
    'assisted-return': homeward({
      title: inLanguages('Retour volontaire assisté', 'العودة الطوعية المدعومة', 'Assisted voluntary return'),
      description: inLanguages(
        'Conseil, préparation et voyage ; la personne peut arrêter à tout moment avant le départ.',
        'الاستشارة والإعداد والسفر؛ ويمكن للشخص التوقف في أي وقت قبل المغادرة.',
        'Counselling, preparation and the journey; the person may stop at any time before departure.',
      ),
      dataClasses: {
        required: ['identity', 'contact', 'status'],
        optional: ['family', 'protection', 'violence', 'health'],
      },
      steps: { ...preparing, ...leaving },
      outcomes: [...commonOutcomes, 'returned'],
      outcomeNeeds: { returned: departed },
    }),
    // Its data leave the country: no more of them than a new start needs.
    reintegration: homeward({
      title: inLanguages('Réintégration', 'إعادة الإدماج', 'Reintegration'),
      description: inLanguages(
        'Appui et suivi après l’arrivée, avec un consentement propre.',
        'دعم وتتبع بعد الوصول، بموافقة مستقلة.',
        'Support and monitoring after arrival, on a consent of its own.',
      ),
      dataClasses: { required: ['identity', 'contact'], optional: ['family', 'protection', 'health'] },
      steps: {
        arrival: step({ at: field.instant() }),
        'reintegration-support': repeatable(step({ kind: field.words('texts') })),
        monitoring: repeatable(step({ at: field.instant(), situation: field.words('texts') })),
      },
      outcomes: [...commonOutcomes, 'reintegrated'],
      outcomeNeeds: { reintegrated: monitored },
    }),
  },
};
