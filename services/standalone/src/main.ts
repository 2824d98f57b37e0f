import 'reflect-metadata';
import { readEnvironment } from '@ihala/service-kit';
import { startStandalone } from './standalone.js';

/** Starts Ihala on one machine, says where it is, and stops it cleanly on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const env = readEnvironment(process.env);
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
      (error: unknown) => fail('could not stop cleanly', error),
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
}

function fail(what: string, error: unknown): never {
  process.stderr.write(`${what}: ${Error.isError(error) ? error.message : String(error)}\n`);
  process.exit(1);
}

main().catch((error: unknown) => fail('Ihala could not start', error));
