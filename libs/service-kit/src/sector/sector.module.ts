import { referralEvents } from '@ihala/contracts';
import { type DynamicModule, Module } from '@nestjs/common';
import { type Service, type ServiceBlueprint } from '../service.js';
import { ServiceModule } from '../service.module.js';
import { type Catalogue, classesOpenedBy } from './catalogue.js';
import { ReferralCommands } from './referral.commands.js';
import { referralController } from './referral.controller.js';
import { CATALOGUE, ReferralLoader } from './referral-record.js';
import { referralFollowUps, ReferralReactions } from './referral-follow-ups.reaction.js';
import { ReferralRepresentations } from './referral.representation.js';
import { ReferralSending } from './referral-sending.js';
import { ReferralSight } from './referral-sight.js';
import { ReferralList, referralsView } from './referrals.view.js';

/** A sector as a service: its catalogue is all that is its own. */
export const sectorBlueprint = (catalogue: Catalogue): ServiceBlueprint => ({
  name: catalogue.sector,
  opens: classesOpenedBy(catalogue),
  events: referralEvents,
  views: [referralsView],
  reactions: [referralFollowUps],
  observes: ['cases'],
  problems: catalogue.problems,
});

@Module({})
export class SectorModule {
  static of(service: Service, catalogue: Catalogue): DynamicModule {
    return {
      module: SectorModule,
      imports: [ServiceModule.of(service)],
      controllers: [referralController(catalogue, service.surroundings.sectors), ReferralReactions],
      providers: [
        { provide: CATALOGUE, useValue: catalogue },
        ReferralCommands,
        ReferralList,
        ReferralLoader,
        ReferralRepresentations,
        ReferralSending,
        ReferralSight,
      ],
    };
  }
}
