import { rmSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from './client.js';
import { fatima } from './people.js';
import { build, ServerProcess, startFailed } from './server-process.js';
import { sendingTo, SpanReceiver } from './span-receiver.js';
import { opened } from './stories.js';
import { newFolder } from './world.js';

type Settings = Readonly<Record<string, string>>;

jest.setTimeout(60_000);
beforeAll(() => build(), 120_000);

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const receiving = async (options?: { answers: boolean }): Promise<SpanReceiver> => {
  const receiver = await SpanReceiver.start(options);
  ends.push(() => receiver.stop());
  return receiver;
};
const started = async (settings: Settings, logLevel = 'info'): Promise<ServerProcess> => {
  const folder = newFolder();
  const server = await ServerProcess.start(folder, logLevel, settings);
  ends.push(async () => {
    await server.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  return server;
};

/** Ends the process that asks for any part of OpenTelemetry but its interface, which the metrics bring along. */
const without = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({ resolve(name, context, next) {
    if (/^@opentelemetry\\/(?!api)/.test(name)) throw new Error('asked for ' + name);
    return next(name, context);
  } });`)}`;

describe('without a place to send them to', () => {
  const unloaded = { NODE_OPTIONS: `--import=${without}` };

  it('nothing of OpenTelemetry is loaded', async () => {
    const server = await started({ ...unloaded, OTEL_SERVICE_NAME: 'ihala', OTEL_TRACES_SAMPLER: 'always_on' });
    await opened(await server.as(fatima));
    const folder = newFolder();
    const { said } = await startFailed(folder, { ...unloaded, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
    rmSync(folder, { recursive: true, force: true });
    expect(said).toContain('asked for @opentelemetry/');
  });

  it.each<Settings>([
    { OTEL_SDK_DISABLED: 'true' },
    { OTEL_TRACES_EXPORTER: 'none' },
    { OTEL_TRACES_SAMPLER: 'always_off' },
  ])('nothing is sent: %j', async (settings) => {
    const receiver = await receiving();
    const server = await started({ ...sendingTo(receiver), ...settings });
    await opened(await server.as(fatima));
    expect(await server.end('SIGTERM')).toBe(0);
    expect(receiver.paths).toEqual([]);
  });
});

it('a setting that is wrong ends the start with 78, by its name', async () => {
  const folder = newFolder();
  const { code, said } = await startFailed(folder, { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' });
  rmSync(folder, { recursive: true, force: true });
  expect(code).toBe(78);
  expect(said).toContain('OTEL_EXPORTER_OTLP_ENDPOINT: must be');
});

describe('a receiver that', () => {
  it('is told the rest at the end', async () => {
    const receiver = await receiving();
    const server = await started({ ...sendingTo(receiver), OTEL_BSP_SCHEDULE_DELAY: '600000' });
    await opened(await server.as(fatima));
    expect(receiver.spans).toEqual([]);
    expect(await server.end('SIGTERM')).toBe(0);
    expect(receiver.spans.map(({ name }) => name)).toContain('POST /v1/cases');
    expect(new Set(receiver.paths)).toEqual(new Set(['/v1/traces']));
  });

  it('never answers is nobody’s business but the log’s, and what finds no room is lost', async () => {
    const receiver = await receiving({ answers: false });
    const bounds = {
      OTEL_BSP_MAX_QUEUE_SIZE: '10',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '5',
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
    };
    const server = await started({ ...sendingTo(receiver), ...bounds });
    const entraide = await server.as(fatima);
    await eventually(async () => {
      await opened(entraide);
      expect(Buffer.concat(server.output).toString()).toContain('traces cannot be sent');
    }, 30_000);
    await Promise.all(Array.from({ length: 30 }, () => opened(entraide)));
    expect(receiver.paths.length).toBeGreaterThan(0);
    expect(await server.end('SIGTERM')).toBe(0);
  });

  it('is away is told of once, until it is back', async () => {
    const gone = await receiving();
    const settings = sendingTo(gone);
    await gone.stop();
    const server = await started({ ...settings, OTEL_EXPORTER_OTLP_TIMEOUT: '200' });
    const entraide = await server.as(fatima);
    const complaints = () =>
      Buffer.concat(server.output)
        .toString()
        .match(/traces cannot be sent/g) ?? [];
    await eventually(async () => {
      await opened(entraide);
      expect(complaints()).toHaveLength(1);
    }, 30_000);
    for (let n = 0; n < 5; n++) await opened(entraide);
    expect(await server.end('SIGTERM')).toBe(0);
    expect(complaints()).toHaveLength(1);
  });
});
