import { type Catalogue, field, inLanguages, service, type ServiceDefinition } from '@ihala/service-kit';
import { step, stepMissing } from '@ihala/service-kit';

const enrolled = { step: 'enrolment', code: 'education.enrolment-missing' };

type Particular = Pick<ServiceDefinition, 'title' | 'description' | 'steps' | 'dataClasses'> &
  Partial<Pick<ServiceDefinition, 'receivers'>>;

/**
 * A place to learn. Circular 139-18 asks for no papers, no status and no guardian's presence; a school kit or a
 * scholarship that asked for them would bring them back by another door, so it holds for every service.
 */
const schooling = (particular: Particular): ServiceDefinition =>
  service({
    receivers: ['education-nationale'],
    clock: 'working',
    outcomeNeeds: { enrolled },
    papersNeverRequired: true,
    ...particular,
  });

const reception = step({ place: field.words('texts') });

/** Learning outside the school's own classes: received, then enrolled at a centre. */
const course = (particular: Pick<ServiceDefinition, 'title' | 'description'>): ServiceDefinition =>
  schooling({
    ...particular,
    dataClasses: { required: ['identity'], optional: ['education'] },
    steps: { reception, enrolment: step({ centre: field.words('texts') }) },
  });

export const educationCatalogue: Catalogue = {
  sector: 'education',
  problems: stepMissing(enrolled, inLanguages('Inscription manquante', 'التسجيل مفقود', 'Enrolment missing')),
  services: {
    'school-enrolment': schooling({
      title: inLanguages('Inscription scolaire', 'التسجيل المدرسي', 'School enrolment'),
      description: inLanguages(
        'Accueil, orientation et inscription dans une école, sans condition de papiers ni de statut.',
        'الاستقبال والتوجيه والتسجيل في مدرسة دون اشتراط وثائق أو وضع قانوني.',
        'Reception, orientation and a place in a school, whatever the papers or status.',
      ),
      dataClasses: { required: ['identity'], optional: ['education', 'family', 'contact'] },
      steps: {
        reception,
        'level-assessment': step({ level: field.words('education'), language: field.words('education') }),
        placement: step({
          school: field.words('education'),
          province: field.words('education'),
          level: field.words('education'),
        }),
        enrolment: step({
          school: field.words('education'),
          level: field.words('education'),
          massarCode: field.optional(field.words('education')),
          provisional: field.flag('education'),
        }),
        'attendance-check': step({ attending: field.flag(), obstacle: field.optional(field.words('texts')) }),
      },
    }),
    preschool: course({
      title: inLanguages('Préscolaire', 'التعليم الأولي', 'Preschool'),
      description: inLanguages(
        'Une place avant l’école primaire.',
        'مقعد قبل المدرسة الابتدائية.',
        'A place before primary school.',
      ),
    }),
    'non-formal-education': course({
      title: inLanguages('Éducation non formelle', 'التربية غير النظامية', 'Non-formal education'),
      description: inLanguages(
        'Apprendre hors de l’école, pour y entrer ou y revenir.',
        'التعلم خارج المدرسة للالتحاق بها أو العودة إليها.',
        'Learning outside school, to enter it or come back to it.',
      ),
    }),
    'second-chance-school': course({
      title: inLanguages('École de la deuxième chance', 'مدرسة الفرصة الثانية', 'Second-chance school'),
      description: inLanguages(
        'Remise à niveau et métier pour les jeunes sortis de l’école.',
        'تأهيل وتكوين مهني للشباب المنقطعين عن الدراسة.',
        'Catching up and a trade, for young people who have left school.',
      ),
    }),
    'language-and-culture': course({
      title: inLanguages('Langue et culture marocaines', 'اللغة والثقافة المغربيتان', 'Language and culture'),
      description: inLanguages(
        'Cours de darija, d’arabe ou d’amazighe, et vie au Maroc.',
        'دروس في الدارجة أو العربية أو الأمازيغية والحياة بالمغرب.',
        'Darija, Arabic or Amazigh, and life in Morocco.',
      ),
    }),
    literacy: course({
      title: inLanguages('Alphabétisation', 'محو الأمية', 'Literacy'),
      description: inLanguages(
        'Lire, écrire et compter, pour les adultes.',
        'القراءة والكتابة والحساب للكبار.',
        'Reading, writing and counting, for adults.',
      ),
    }),
    'school-support': schooling({
      title: inLanguages('Appui scolaire', 'الدعم المدرسي', 'School support'),
      description: inLanguages(
        'Fournitures, Tayssir, soutien, bourse ou médiation.',
        'لوازم مدرسية أو تيسير أو دعم أو منحة أو وساطة.',
        'A school kit, Tayssir, tutoring, a scholarship or mediation.',
      ),
      receivers: ['education-nationale', 'hcr'],
      dataClasses: { required: ['identity'], optional: ['family'] },
      steps: {
        support: step({
          kind: field.code('kit', 'tayssir', 'tutoring', 'scholarship', 'mediation'),
          schoolYear: field.words('texts'),
          funder: field.words('texts'),
        }),
      },
    }),
  },
};
