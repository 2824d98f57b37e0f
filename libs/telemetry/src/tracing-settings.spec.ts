import { describe, expect, it } from '@jest/globals';
import { SettingsWrong } from '@ihala/service-kit';
import { readTracingSettings } from './tracing-settings.js';

const shared = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('traces', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['nothing is said', {}],
    [
      'no place is named',
      { OTEL_SERVICE_NAME: 'ihala', OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: '' },
    ],
    ['all of it is off', { ...shared, OTEL_SDK_DISABLED: 'TRUE' }],
    ['they are off', { ...shared, OTEL_TRACES_EXPORTER: 'none' }],
  ])('are not wanted where %s', (_, env) => expect(readTracingSettings(env)).toBeUndefined());

  it.each<[string, Readonly<Record<string, string>>]>([
    ['http://collector:4318/v1/traces', shared],
    ['http://collector:4318/otlp/v1/traces', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/otlp/' }],
    ['https://traces/in', { ...shared, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces/in' }],
  ])('go to %s', (url, env) => expect(readTracingSettings(env)).toMatchObject({ url, ratio: 1 }));

  it.each([
    ['always_on', undefined, 1],
    ['parentbased_always_off', undefined, 0],
    ['traceidratio', '0.25', 0.25],
    ['parentbased_traceidratio', '0', 0],
    ['traceidratio', undefined, 1],
  ])('are kept as %s %s says: %d', (sampler, argument, ratio) => {
    const env = { ...shared, OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument };
    expect(readTracingSettings(env)?.ratio).toBe(ratio);
  });

  it.each<[string, string]>([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'secret:4318'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'grpc://secret'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http/protobuf'],
    ['OTEL_TRACES_EXPORTER', 'zipkin'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '-1'],
  ])('with a wrong %s are refused by its name', (name, value) => {
    const read = () => readTracingSettings({ ...shared, [name]: value });
    expect(read).toThrow(SettingsWrong);
    expect(read).toThrow(new RegExp(`^${name}: must be`));
    expect(read).not.toThrow(/secret/);
  });

  it.each(['2', '-0.1', 'some'])('are not kept in a part of %s', (argument) => {
    const env = { ...shared, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: argument };
    expect(() => readTracingSettings(env)).toThrow(/^OTEL_TRACES_SAMPLER_ARG/);
  });
});
