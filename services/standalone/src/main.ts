import 'reflect-metadata';
import { type Environment, readEnvironment, serviceLogger } from '@ihala/service-kit';
import { startStandalone } from './standalone.js';
import { settingsWrong, startFailure } from './start-failure.js';

/** Starts Ihala on one machine, says where it is, and stops it cleanly on SIGTERM or SIGINT. */
async function main(env: Environment): Promise<void> {
  const ihala = await startStandalone(env);
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
    ...(ihala.key.from === 'made'
      ? [
          `  key            a new key-encryption key is in ${ihala.key.file}: without it the data cannot be read; keep a copy elsewhere`,
        ]
      : []),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);

  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    process.stdout.write(`${signal}: finishing what is under way\n`);
    ihala.stop().then(
      () => process.exit(0),
      (error: unknown) => fail('could not stop cleanly', { message: (error as Error).message, exitCode: 1 }),
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
}

function fail(what: string, { message, exitCode }: { message: string; exitCode: number }): never {
  process.stderr.write(`${what}: ${message}\n`);
  process.exit(exitCode);
}

function settings(): Environment {
  try {
    return readEnvironment(process.env);
  } catch (error) {
    return fail(couldNotStart, settingsWrong(error));
  }
}

const couldNotStart = 'Ihala could not start';
const env = settings();
// a fault that nobody caught may quote what somebody sent: it is logged like any other, without its words
process.on('uncaughtException', (error) => {
  serviceLogger('standalone', env.IHALA_LOG_LEVEL).fatal({ err: error }, 'uncaught');
  process.exit(1);
});
main(env).catch((error: unknown) => fail(couldNotStart, startFailure(error, env.IHALA_DATA)));
