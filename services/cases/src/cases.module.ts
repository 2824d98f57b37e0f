import { caseEvents, recordedClasses } from '@ihala/contracts';
import { type Deployable, type Service, type ServiceBlueprint, ServiceModule } from '@ihala/service-kit';
import { type DynamicModule, Module } from '@nestjs/common';
import { AllowedActions } from './http/allowed-actions.js';
import { CaseAnswers } from './http/case-answers.js';
import { CaseCommands } from './http/case.commands.js';
import { CaseNews } from './http/case-news.js';
import { CaseRepresentations } from './http/case.representation.js';
import { CaseWork } from './http/case-work.js';
import { CasesController } from './http/cases.controller.js';
import { ConsentCommands } from './http/consent.commands.js';
import { ConsentsController } from './http/consents.controller.js';
import { FeedController } from './http/feed.controller.js';
import { References } from './http/references.js';
import { CaseLoader, ConsentLoader, TransferLoader } from './http/resources.js';
import { Timeline } from './http/timeline.js';
import { TransferCommands } from './http/transfer.commands.js';
import { TransfersController, TransferWorklistController } from './http/transfers.controller.js';
import { caseFollowUps, CaseReactions } from './reactions/case-follow-ups.reaction.js';
import { consentExpiry, ConsentExpiry } from './reactions/consent-expiry.reaction.js';
import { CaseList, casesView } from './views/cases.view.js';
import { Feed, feedView } from './views/feed.view.js';
import { TransferList, transfersView } from './views/transfers.view.js';

export const casesBlueprint: ServiceBlueprint = {
  name: 'cases',
  opens: [...recordedClasses, 'texts-cases'],
  events: caseEvents,
  views: [casesView, transfersView, feedView],
  reactions: [caseFollowUps],
  timers: [consentExpiry],
  observes: 'every service',
};

@Module({
  controllers: [
    CasesController,
    ConsentsController,
    FeedController,
    TransfersController,
    TransferWorklistController,
    CaseReactions,
    ConsentExpiry,
  ],
  providers: [
    AllowedActions,
    CaseAnswers,
    CaseCommands,
    CaseLoader,
    CaseList,
    CaseNews,
    CaseRepresentations,
    CaseWork,
    ConsentCommands,
    ConsentLoader,
    Feed,
    References,
    Timeline,
    TransferCommands,
    TransferList,
    TransferLoader,
  ],
})
export class CasesModule {
  static of(service: Service): DynamicModule {
    return { module: CasesModule, imports: [ServiceModule.of(service)] };
  }
}

export const casesDeployable: Deployable = {
  blueprint: casesBlueprint,
  paths: ['cases', 'transfers', 'feed'],
  module: (service) => CasesModule.of(service),
};
