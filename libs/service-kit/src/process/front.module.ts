import { type DevIssuer, DevTokenRefused, devTokenRequest, isLoopback } from '@ihala/access';
import {
  Body,
  type CanActivate,
  Controller,
  type DynamicModule,
  type ExecutionContext,
  Get,
  Header,
  HttpCode,
  Inject,
  Module,
  Post,
  UseGuards,
} from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { Public } from '../http/access.guard.js';
import { DescribePublic } from '../http/describe.js';
import { invalid, Problem } from '../http/problem.js';
import { SchemaPipe } from '../http/schema.pipe.js';
import type { MetricsRegistry } from '../metrics.js';
import type { Readiness } from './readiness.js';

const SURROUNDINGS = 'front:surroundings';

/** What the front answers by itself; `openapi` is filled once all applications are up. */
export interface FrontSurroundings {
  readonly readiness: Readiness;
  readonly metrics: MetricsRegistry;
  readonly devIssuer?: DevIssuer;
  readonly description: { openapi?: OpenAPIObject };
}

const status = z.looseObject({ status: z.string() });

@Controller()
class OperationsController {
  constructor(@Inject(SURROUNDINGS) private readonly around: FrontSurroundings) {}

  @Get('livez')
  @Public()
  @DescribePublic('Whether the process answers', 200, status)
  live(): object {
    return { status: 'alive' };
  }

  @Get('readyz')
  @Public()
  @DescribePublic('Whether every service has caught up, can write, and hears and is heard by the others', 200, status)
  async ready(): Promise<object> {
    await this.around.readiness.require();
    return { status: 'ready' };
  }

  @Get('metrics')
  @Public()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @DescribePublic('Prometheus metrics', 200, z.string())
  metrics(): Promise<string> {
    return this.around.metrics.registry.metrics();
  }

  @Get('v1/openapi.json')
  @Public()
  @DescribePublic('This description', 200, z.looseObject({}))
  openapi(): object {
    return this.around.description.openapi ?? {};
  }
}

/**
 * A page of another site may have had its own name lead here (DNS rebinding): then a browser lets it ask, and read the
 * answer. What it cannot choose is the name that it asks for.
 */
class AskedByOwnName implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { host = '' } = context.switchToHttp().getRequest<{ headers: { host?: string } }>().headers;
    if (!isLoopback(host.replace(/:\d*$/, ''))) throw new Problem(404, 'route.not-found');
    return true;
  }
}

@Controller('dev')
@UseGuards(AskedByOwnName)
class DevTokenController {
  constructor(@Inject(SURROUNDINGS) private readonly around: FrontSurroundings) {}

  @Post('token')
  @HttpCode(200)
  @Public()
  @DescribePublic('A token for trying things out; development only', 200, z.looseObject({ access_token: z.string() }))
  token(@Body({ schema: devTokenRequest }) body: z.infer<typeof devTokenRequest>): Promise<object> {
    return this.around.devIssuer!.issue(body).catch((error: unknown) => {
      if (error instanceof DevTokenRefused) throw invalid([{ path: error.field, message: error.message }]);
      throw error;
    });
  }
}

@Module({})
export class FrontModule {
  static of(around: FrontSurroundings): DynamicModule {
    return {
      module: FrontModule,
      controllers: [OperationsController, ...(around.devIssuer ? [DevTokenController] : [])],
      providers: [
        { provide: SURROUNDINGS, useValue: around },
        { provide: APP_PIPE, useClass: SchemaPipe },
      ],
    };
  }
}
