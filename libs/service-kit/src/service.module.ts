import { Deployment, Policies, TokenVerifier } from '@ihala/access';
import { EventLog, ReactionStore, ViewRunner, ViewStore } from '@ihala/event-log';
import { type Abstract, type DynamicModule, Module, type Provider } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { Clock } from './clock.js';
import { CommandShell } from './commands.js';
import { EventReader, EventWriter } from './events.js';
import { FreshViews } from './fresh-views.js';
import { FollowUpCommands } from './following/follow-up.commands.js';
import { parkedController } from './following/parked.controller.js';
import { AccessGuard } from './http/access.guard.js';
import { Authorisation } from './http/authorisation.js';
import { AnswerInterceptor } from './http/answer.js';
import { LiveStreams } from './http/live-streams.js';
import { Cursors } from './http/paging.js';
import { RequestLimits } from './http/request-limits.js';
import { SchemaPipe } from './http/schema.pipe.js';
import { Service } from './service.js';
import { SourceCopies } from './source-copies.js';

/** What every service's own modules may ask for by type, and how every request is checked. */
@Module({})
export class ServiceModule {
  static of(service: Service): DynamicModule {
    const { deployment, policies, tokens, limits } = service.surroundings;
    const values: readonly (readonly [Abstract<unknown>, unknown])[] = [
      [Service, service],
      [Clock, service.clock],
      [EventLog, service.store.log],
      [ViewStore, new FreshViews(service.store.views, service.runner)],
      [ViewRunner, service.runner],
      [ReactionStore, service.store.reactions],
      [EventReader, service.reader],
      [EventWriter, service.writer],
      [SourceCopies, service.copies],
      [Cursors, service.cursors],
      [LiveStreams, service.streams],
      [Deployment, deployment],
      [Policies, policies],
      [TokenVerifier, tokens],
      [RequestLimits, limits],
      [CommandShell, new CommandShell(service)],
    ];
    const shared: Provider[] = [
      ...values.map(([provide, useValue]) => ({ provide, useValue }) as Provider),
      Authorisation,
      FollowUpCommands,
    ];
    return {
      module: ServiceModule,
      global: true,
      controllers: [parkedController(service.blueprint.name)],
      providers: [
        ...shared,
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_PIPE, useClass: SchemaPipe },
        { provide: APP_INTERCEPTOR, useClass: AnswerInterceptor },
      ],
      exports: shared.map(
        (provider) => (provider as { provide?: Provider }).provide ?? provider,
      ) as DynamicModule['exports'],
    };
  }
}
