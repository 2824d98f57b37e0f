import type { IncomingMessage } from 'node:http';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Logger } from 'pino';
import { newId } from './http/call.js';
import { Edge } from './http/edge.js';
import { maxBodyBytes, RawBody } from './http/json.js';
import { Problem, ProblemFilter } from './http/problem.js';
import { NestLogger } from './logging.js';
import type { Metrics } from './metrics.js';
import type { ServiceBlueprint } from './service.js';
import type { ServiceTracing } from './tracing/service-tracing.js';

export interface AppSurroundings {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** undefined: nobody wants traces */
  readonly tracing?: ServiceTracing;
  /** whose word on the client's address and on TLS counts */
  readonly trustedProxies?: string;
  readonly blueprint?: Pick<ServiceBlueprint, 'problems'>;
}

/**
 * One service as a Nest application on Fastify. Bodies are only collected here; they are parsed after the guards, so
 * that who may not know of a thing learns nothing from how a body is answered.
 */
export async function createApp(
  module: DynamicModule,
  { logger, metrics, tracing, trustedProxies, blueprint }: AppSurroundings,
): Promise<NestFastifyApplication> {
  const filter = new ProblemFilter((code) => metrics.refused(code), blueprint?.problems);
  const edge = new Edge(logger, metrics, tracing);
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    genReqId: newId,
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: (parent: FastifyBaseLogger) => parent,
    ...(trustedProxies && { trustProxy: trustedProxies }),
    routerOptions: { maxParamLength: 4096 },
    // hooks do not see these: addresses that cannot be read
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      edge.begin(request, reply);
      filter.answer(new Problem(404, 'route.not-found'), request, reply);
      edge.end(request, reply);
    },
  } as ConstructorParameters<typeof FastifyAdapter>[0]);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  app.useGlobalFilters(filter);
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (request, payload, done) =>
    collect(request as FastifyRequest, payload as IncomingMessage, done),
  );
  edge.follow(fastify as unknown as FastifyInstance);
  return app;
}

/** Reads a body up to the limit; what is over it is read off and forgotten. */
function collect(
  request: FastifyRequest,
  payload: IncomingMessage,
  done: (error: Error | null, body?: RawBody) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  payload.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBodyBytes) chunks.push(chunk);
    else if (size > 256 * maxBodyBytes) request.raw.destroy();
  });
  payload.on('end', () => {
    const tooLarge = size > maxBodyBytes;
    const encoded = (request.headers['content-encoding'] ?? 'identity') !== 'identity';
    done(
      null,
      new RawBody(
        tooLarge ? Buffer.alloc(0) : Buffer.concat(chunks),
        encoded ? undefined : request.headers['content-type'],
        tooLarge,
      ),
    );
  });
  // nobody is there to be answered any more
  payload.on('error', () => done(new Problem(408, 'request.timed-out')));
}

/** OpenAPI 3.1 from the same schemas that check. Refusals are problems, whatever the answer would have been. */
export function openApiOf(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Ihala')
    .setVersion('1')
    .addBearerAuth()
    .build();
  return withProblems(
    SwaggerModule.createDocument(app, config, {
      operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
    }),
  );
}

function withProblems(document: OpenAPIObject): OpenAPIObject {
  for (const { get, post } of Object.values(document.paths)) {
    for (const operation of [get, post]) {
      const refusal = operation?.responses['default'] as { content?: Record<string, object> } | undefined;
      const [described] = Object.values(refusal?.content ?? {});
      if (refusal && described) refusal.content = { 'application/problem+json': described };
    }
  }
  return document;
}
