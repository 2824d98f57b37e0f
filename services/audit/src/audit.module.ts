import { type Deployable, type ServiceBlueprint, type Service, ServiceModule } from '@ihala/service-kit';
import { type DynamicModule, Module } from '@nestjs/common';
import { AuditController } from './http/audit.controller.js';
import { AuditEvents } from './http/audit-events.js';
import { Histories } from './http/histories.js';
import { auditIndexView } from './views/audit-index.view.js';

export const auditBlueprint: ServiceBlueprint = {
  name: 'audit',
  opens: [],
  events: {},
  views: [auditIndexView],
  observes: 'every service',
};

@Module({ controllers: [AuditController], providers: [AuditEvents, Histories] })
export class AuditModule {
  static of(service: Service): DynamicModule {
    return { module: AuditModule, imports: [ServiceModule.of(service)] };
  }
}

export const auditDeployable: Deployable = {
  blueprint: auditBlueprint,
  paths: ['audit'],
  module: (service) => AuditModule.of(service),
};
