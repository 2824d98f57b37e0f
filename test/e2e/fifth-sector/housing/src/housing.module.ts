import { type Catalogue, commonOutcomes, field, service, step, stepMissing } from '@ihala/service-kit';

const housed = { step: 'room', code: 'housing.room-missing' };

/** A sector that the product does not have: this folder is all there is of it. */
export const catalogue: Catalogue = {
  sector: 'housing',
  problems: stepMissing(housed, { fr: 'Chambre manquante', ar: 'الغرفة مفقودة', en: 'Room missing' }),
  services: {
    shelter: service({
      title: { fr: 'Hébergement', ar: 'إيواء', en: 'Shelter' },
      description: { fr: 'Un toit pour quelques nuits.', ar: 'سقف لبضع ليالٍ.', en: 'A roof for some nights.' },
      receivers: ['entraide-nationale'],
      dataClasses: { required: ['identity'], optional: ['family'] },
      bases: ['consent'],
      steps: { room: step({ address: field.words('texts'), household: field.words('family'), until: field.date() }) },
      outcomes: [...commonOutcomes, 'housed'],
      outcomeNeeds: { housed },
    }),
  },
};
