import type { Tracing } from '@ihala/service-kit';
import type { Logger } from 'pino';
import { readTracingSettings } from './tracing-settings.js';

/**
 * Traces, where the environment names a place to send them; undefined: it names none, and nothing of OpenTelemetry is loaded.
 * @throws SettingsWrong
 */
export async function startTracing(
  env: Readonly<Record<string, string | undefined>>,
  logger: Logger,
): Promise<Tracing | undefined> {
  const settings = readTracingSettings(env);
  if (!settings) return undefined;
  const { OpenTelemetry } = await import('./open-telemetry.js');
  return new OpenTelemetry(settings, logger);
}
