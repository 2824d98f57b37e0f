/** Metrics that others than Ihala tell, and who. */
const fromOthers: Readonly<Record<string, string>> = {
  up: 'Prometheus',
  certmanager_certificate_expiration_timestamp_seconds: 'cert-manager',
  strimzi_certificate_expiration_timestamp_ms: 'Strimzi',
  kube_job_status_failed: 'kube-state-metrics',
  kube_deployment_status_replicas_available: 'kube-state-metrics',
  kube_deployment_spec_replicas: 'kube-state-metrics',
};
const words = ['by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'and', 'or', 'unless', 'offset', 'bool'];
const parts: Readonly<Record<string, readonly string[]>> = { Histogram: ['_bucket', '_sum', '_count'] };

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: { readonly summary?: string; readonly runbook?: string };
}
export interface AlertGroups {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Alert[] }[];
}
export const alertsIn = ({ groups }: AlertGroups): Alert[] => groups.flatMap(({ rules }) => [...rules]);

/** The metrics that an expression names. */
export function metricsIn(expression: string): string[] {
  const bare = expression
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ');
  const named = [...bare.matchAll(/(?<![\w.])([a-zA-Z_:][\w:]*)\b(?!\s*\()/g)].map(([, name = '']) => name);
  return [...new Set(named.filter((name) => !words.includes(name)))];
}

/** The metrics that a source registers, under the names that Prometheus stores. */
export function registeredIn(source: string): string[] {
  const made = [...source.matchAll(/new (Histogram|Gauge|Counter)\(\{\s*name: '(\w+)'/g)];
  const listed = [...source.matchAll(/^\s*name: '(ihala_\w+)'/gm)].map(([, name = '']) => name);
  const whole = made.map(([, kind = '', name = '']) => ({ name, endings: parts[kind] ?? [''] }));
  const histograms = whole.flatMap(({ name, endings }) => endings.map((ending) => `${name}${ending}`));
  const others = listed.filter((name) => !whole.some((one) => one.name === name));
  return [...histograms, ...others];
}

/** As the headings of a page are linked to. */
export const anchorsIn = (page: string): string[] =>
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** @param read the text of a page, or nothing when there is none */
export function alertFaults(
  alerts: readonly Alert[],
  registered: readonly string[],
  read: (path: string) => string | undefined,
): string[] {
  return alerts.flatMap(({ alert, expr, labels, annotations = {} }) => {
    const [page = '', anchor = ''] = annotations.runbook?.split('#') ?? [];
    const metrics = metricsIn(expr);
    return [
      ...(metrics.length > 0 ? [] : [`${alert}: looks at no metric`]),
      ...metrics
        .filter((name) => !registered.includes(name) && !(name in fromOthers))
        .map((name) => `${alert}: nobody tells ${name}`),
      ...(['warning', 'critical'].includes(labels?.severity ?? '') ? [] : [`${alert}: does not say how bad it is`]),
      ...(annotations.summary ? [] : [`${alert}: says nothing`]),
      ...(anchorsIn(read(page) ?? '').includes(anchor) ? [] : [`${alert}: ${annotations.runbook} is not written`]),
    ];
  });
}
