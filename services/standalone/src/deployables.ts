import { auditDeployable } from '@ihala/audit';
import { casesDeployable } from '@ihala/cases';
import { type Catalogue, type Deployable, sectorDeployable, type ServiceBlueprint } from '@ihala/service-kit';

/** Every service: those that are always there, and one for each of these sectors. */
export const deployablesOf = (sectors: readonly Catalogue[]): readonly Deployable[] => [
  casesDeployable,
  ...sectors.map(sectorDeployable),
  auditDeployable,
];

export const blueprintsOf = (sectors: readonly Catalogue[]): readonly ServiceBlueprint[] =>
  deployablesOf(sectors).map(({ blueprint }) => blueprint);
