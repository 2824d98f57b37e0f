import { SettingsWrong } from '@ihala/service-kit';

type Environment = Readonly<Record<string, string | undefined>>;

/** What OpenTelemetry's own variables say, as far as its exporter does not read them itself. */
export interface TracingSettings {
  readonly url: string;
  /** which part of all traces is kept */
  readonly ratio: number;
  readonly batches: {
    readonly scheduledDelayMillis?: number;
    readonly exportTimeoutMillis?: number;
    readonly maxQueueSize?: number;
    readonly maxExportBatchSize?: number;
  };
}

/** @returns undefined when no traces are wanted @throws SettingsWrong that names the variable, and never quotes it */
export function readTracingSettings(env: Environment): TracingSettings | undefined {
  const url = urlIn(env);
  if (url === undefined || env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return undefined;
  if (env['OTEL_TRACES_EXPORTER'] === 'none') return undefined;
  oneOf(env, 'OTEL_TRACES_EXPORTER', ['otlp']);
  for (const name of ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'])
    oneOf(env, name, ['http/json']);
  return {
    url,
    ratio: ratioIn(env),
    batches: {
      scheduledDelayMillis: count(env, 'OTEL_BSP_SCHEDULE_DELAY'),
      exportTimeoutMillis: count(env, 'OTEL_BSP_EXPORT_TIMEOUT'),
      maxQueueSize: count(env, 'OTEL_BSP_MAX_QUEUE_SIZE'),
      maxExportBatchSize: count(env, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
    },
  };
}

function urlIn(env: Environment): string | undefined {
  const [own, shared] = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;
  if (env[own]) return checked(own, env[own]);
  if (env[shared]) return `${checked(shared, env[shared]).replace(/\/+$/, '')}/v1/traces`;
  return undefined;
}

function checked(name: string, url: string): string {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url;
  throw new SettingsWrong(`${name}: must be an http or https address`);
}

/** `parentbased_…` means the same: what is decided by the trace's id is decided alike wherever the trace comes by. */
function ratioIn(env: Environment): number {
  const name = 'OTEL_TRACES_SAMPLER';
  const kinds = ['always_on', 'always_off', 'traceidratio'];
  const sampler = oneOf(env, name, [...kinds, ...kinds.map((kind) => `parentbased_${kind}`)]) ?? 'always_on';
  if (sampler.endsWith('always_on')) return 1;
  if (sampler.endsWith('always_off')) return 0;
  const ratio = Number(env[`${name}_ARG`] || 1);
  if (ratio >= 0 && ratio <= 1) return ratio;
  throw new SettingsWrong(`${name}_ARG: must be a number from 0 to 1`);
}

function oneOf(env: Environment, name: string, values: readonly string[]): string | undefined {
  const value = env[name] || undefined;
  if (value === undefined || values.includes(value)) return value;
  throw new SettingsWrong(`${name}: must be one of ${values.join(', ')}`);
}

function count(env: Environment, name: string): number | undefined {
  const value = env[name];
  if (!value) return undefined;
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new SettingsWrong(`${name}: must be a whole number above 0`);
}
