import { type Catalogue, commonOutcomes, field, inLanguages, repeatable, service } from '@ihala/service-kit';
import { type ServiceDefinition, step, stepMissing } from '@ihala/service-kit';

const placed = { step: 'placement', code: 'employment.placement-missing' };
const problems = stepMissing(placed, inLanguages('Insertion manquante', 'الإدماج مفقود', 'Placement missing'));

type Particular = Pick<ServiceDefinition, 'title' | 'description' | 'steps'> &
  Partial<Pick<ServiceDefinition, 'receivers' | 'dataClasses'>>;

/** A way to earn one's living; what ANAPEC offers to those who may work. */
const work = (particular: Particular): ServiceDefinition =>
  service({
    receivers: ['anapec'],
    clock: 'working',
    dataClasses: { required: ['identity', 'contact', 'status'], optional: ['employment', 'education'] },
    outcomes: [...commonOutcomes, 'placed', 'business-created', 'card-issued', 'grant-awarded'],
    outcomeNeeds: { placed },
    ...particular,
  });

const registration = step({ anapecNumber: field.words('employment') });
const followUp = repeatable(step({ at: field.instant(), stillEmployed: field.flag() }));

export const employmentCatalogue: Catalogue = {
  sector: 'employment',
  problems,
  services: {
    'job-search': work({
      title: inLanguages('Recherche d’emploi', 'البحث عن شغل', 'Job search'),
      description: inLanguages(
        'Inscription, entretien, ateliers, mise en relation avec des employeurs.',
        'التسجيل والمقابلة والورشات والربط بالمشغّلين.',
        'Registration, interview, workshops, introductions to employers.',
      ),
      steps: {
        registration,
        'positioning-interview': step({ at: field.instant(), profile: field.profile('texts') }),
        workshop: repeatable(step({ topic: field.words('texts'), at: field.instant() })),
        introduction: repeatable(step({ employer: field.words('texts'), cvApproved: field.flag() })),
        'contract-visa': step({
          decidedBy: field.words('texts'),
          submittedOn: field.date(),
          decision: field.optional(field.words('texts')),
          decidedOn: field.optional(field.date()),
        }),
        placement: step({
          employer: field.words('texts'),
          startsOn: field.date(),
          contract: field.words('texts'),
          source: field.code('anapec', 'own-search', 'partner'),
        }),
        'follow-up': followUp,
      },
    }),
    'self-employment': work({
      title: inLanguages('Auto-emploi', 'التشغيل الذاتي', 'Self-employment'),
      description: inLanguages(
        'Du projet à l’entreprise : formation, plan, statut, financement.',
        'من المشروع إلى المقاولة: تكوين وخطة ووضع قانوني وتمويل.',
        'From a plan to a business: training, a legal form, a grant.',
      ),
      steps: {
        registration,
        'orientation-interview': step({ at: field.instant() }),
        training: repeatable(step({ topic: field.words('texts') })),
        'business-plan': step({ title: field.words('texts') }),
        'project-validation': step({ members: field.list('texts'), decision: field.words('texts') }),
        'company-formalities': step({}),
        'auto-entrepreneur-card': step({ number: field.words('texts') }),
        cooperative: step({ name: field.words('texts') }),
        'microproject-grant': step({ amount: field.count(), funder: field.words('texts') }),
        'follow-up': followUp,
      },
    }),
    'skills-assessment': work({
      title: inLanguages('Bilan de compétences', 'تقييم الكفاءات', 'Skills assessment'),
      description: inLanguages(
        'Un profil de métiers et de langues, le même pour tous ; il appartient à la personne.',
        'بيان موحّد للمهن واللغات لدى جميع الفاعلين، وهو ملك للشخص.',
        'One profile of occupations and languages for every actor; the person owns it.',
      ),
      receivers: ['anapec', 'hcr', 'oim', 'entraide-nationale'],
      dataClasses: { required: ['identity'], optional: ['employment', 'education'] },
      steps: { assessment: step({ profile: field.profile('texts') }) },
    }),
  },
};
