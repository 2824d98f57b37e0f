import {
  type Catalogue,
  commonOutcomes,
  date,
  defaultAnswerWithin,
  problemWords,
  refusalReasons,
  service,
  step,
  words,
} from '@ihala/service-kit';

/** A sector that the product does not have: this folder is all there is of it. */
export const catalogue: Catalogue = {
  sector: 'housing',
  problems: {
    'housing.room-missing': problemWords(
      ['Chambre manquante', 'Ce résultat suppose une chambre attribuée.'],
      ['الغرفة مفقودة', 'هذه النتيجة تفترض غرفة مخصصة.'],
      ['Room missing', 'This outcome needs a room on record.'],
    ),
  },
  services: {
    shelter: service({
      title: { fr: 'Hébergement', ar: 'إيواء', en: 'Shelter' },
      description: { fr: 'Un toit pour quelques nuits.', ar: 'سقف لبضع ليالٍ.', en: 'A roof for some nights.' },
      receivers: ['entraide-nationale'],
      answerWithin: defaultAnswerWithin,
      clock: 'elapsed',
      dataClasses: { required: ['identity'], optional: ['family'] },
      bases: ['consent'],
      steps: { room: step({ address: words('texts'), household: words('family'), until: date() }) },
      outcomes: [...commonOutcomes, 'housed'],
      outcomeNeeds: { housed: { step: 'room', code: 'housing.room-missing' } },
      refusalReasons,
    }),
  },
};
