import 'reflect-metadata';
import {
  commandLine,
  type Environment,
  failureOf,
  readEnvironment,
  say,
  serviceLogger,
  settingsOr,
  untilStopped,
  UsageError,
} from '@ihala/service-kit';
import { startTracing } from '@ihala/telemetry';
import { type Standalone, startStandalone } from './standalone.js';
import { startFailure } from './start-failure.js';

const usage = `npm start [-- --help]

Builds Ihala and starts all of it on this machine: http://127.0.0.1:3000, data in ./data. Ctrl-C (SIGINT, SIGTERM) stops it
when what is under way is finished. Settings come from the environment; on another port, with another data folder:

  PORT=8080 IHALA_DATA=/srv/ihala npm start

  PORT                   port; 0 takes a free one, which the start names (default 3000)
  IHALA_HOST             address to listen on (default 127.0.0.1; another one needs IHALA_DEV_ISSUER=0)
  IHALA_DATA             data folder, made if need be (default ./data)
  IHALA_KEK              key-encryption key, 32 bytes in base64 or hex (default: the file kek in the data folder)
  IHALA_CONFIG           file that names agencies, units, issuers and auditors (default: the default deployment)
  IHALA_DEV_ISSUER       1: anybody gets tokens from POST /dev/token; npm start sets it; 0 with real people
  IHALA_TRUSTED_PROXIES  addresses or networks of reverse proxies, with commas between them (default: none)
  IHALA_RATE_LIMIT       requests a minute a caller; 0: no limit (default 6000)
  IHALA_STREAM_LIMIT     live timelines and exports that a caller may have open; 0: no limit (default 100)
  IHALA_LOG_LEVEL        fatal, error, warn, info, debug, trace or silent (default info)
  IHALA_ENGINE           embedded, the one there is
  OTEL_EXPORTER_OTLP_ENDPOINT  where traces are sent (default: nowhere); docs/operations.md
exit codes: 0 stopped · 1 failed · 2 called wrongly · 73 data folder or disk · 75 in use, try later · 78 settings or key
docs/configuration.md and docs/operations.md say more; npm run backup, restore and inspect have a --help of their own.
`;

/** Starts Ihala on one machine, and says where it is. */
async function start(env: Environment): Promise<Standalone> {
  const tracing = await startTracing(process.env, serviceLogger('standalone', env.IHALA_LOG_LEVEL));
  const ihala = await startStandalone(env, undefined, { onKeyMade, tracing });
  const lines = [
    `Ihala (إحالة) is ready at ${ihala.url}`,
    `  API            ${ihala.url}/v1/   description ${ihala.url}/v1/openapi.json`,
    `  documentation  ${ihala.url}/docs`,
    `  data           ${env.IHALA_DATA}`,
    ...(ihala.devIssuer
      ? [
          `  tokens         POST ${ihala.url}/dev/token {"agency":"oim","roles":["caseworker"]}`,
          '                 (development issuer: anybody on this machine may be anybody; never use it with real people)',
        ]
      : []),
  ];
  say(lines.join('\n'));
  return ihala;
}

const onKeyMade = (file: string): void =>
  say(`A new key-encryption key is in ${file}: without it the data cannot be read; keep a copy elsewhere`);

commandLine(usage, {}, async (_, positionals) => {
  if (positionals.length > 0) throw new UsageError(`${positionals[0]}: settings come from the environment`);
  const env = settingsOr(() => readEnvironment(process.env), failureOf);
  await untilStopped({
    name: 'standalone',
    logLevel: env.IHALA_LOG_LEVEL,
    start: () => start(env),
    failure: (error) => startFailure(error, env.IHALA_DATA),
  });
});
