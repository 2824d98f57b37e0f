import type { DynamicModule } from '@nestjs/common';
import type { Catalogue } from '../sector/catalogue.js';
import { SectorModule, sectorBlueprint } from '../sector/sector.module.js';
import type { Service, ServiceBlueprint } from '../service.js';

/** A service as it is deployed: what it is, the Nest module that serves it, and the paths under `/v1/` that are its own. */
export interface Deployable {
  readonly blueprint: ServiceBlueprint;
  readonly paths: readonly string[];
  module(service: Service): DynamicModule;
}

export const sectorDeployable = (catalogue: Catalogue): Deployable => ({
  blueprint: sectorBlueprint(catalogue),
  paths: [catalogue.sector],
  module: (service) => SectorModule.of(service, catalogue),
});
