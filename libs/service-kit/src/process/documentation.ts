import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { Problem } from '../http/problem.js';

/** The page's files all lie in one folder; what leads elsewhere is no address of ours, and is not even looked for. */
const plainName = /^(?:[\w-][\w.-]*)?$/;
/** They are given whole and as they are: what asks for less would be refused in words that are none of ours. */
const conditions = ['range', 'if-match', 'if-unmodified-since'];

/** Shows the description to people, on `/docs`. */
export function serveDocumentation(app: NestFastifyApplication, description: OpenAPIObject): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.url !== '/docs/*') return done();
    for (const name of conditions) delete request.raw.headers[name];
    const { '*': file = '' } = request.params as Record<string, string>;
    done(plainName.test(file) ? undefined : new Problem(404, 'route.not-found'));
  });
  SwaggerModule.setup('docs', app, description);
}
