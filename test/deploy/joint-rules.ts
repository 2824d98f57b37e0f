import { ofKind, type ClusterObject } from './cluster.js';
import { services, settingFaults } from './settings.js';

/** What a service is let in with, and nothing of another one's. */
const secretsOf = (service: string) => [
  ...[`mongodb-${service}`, `ihala-${service}`, 'keyring', 'key-encryption-key', 'redis', 'ihala-cluster-ca-cert'],
];

/** Kinds of which each service has one, and what it is called. */
const each: Readonly<Record<string, (service: string) => string>> = {
  Deployment: (service) => service,
  Service: (service) => service,
  PodDisruptionBudget: (service) => service,
  HorizontalPodAutoscaler: (service) => service,
  Job: (service) => `${service}-migration`,
};

function serviceFaults(objects: readonly ClusterObject[], settings: Readonly<Record<string, string>>): string[] {
  return ofKind(objects, 'Deployment').flatMap(({ metadata: { name }, spec }) => {
    const [container] = spec?.template?.spec.containers ?? [];
    const secrets = spec?.template?.spec.volumes?.flatMap(({ projected }) => projected?.sources ?? []) ?? [];
    const names = secrets.map(({ secret }) => secret?.name ?? '');
    const [mount] = container?.volumeMounts?.filter(({ name }) => name === 'secrets') ?? [];
    const places = secrets
      .flatMap(({ secret }) => secret?.items ?? [])
      .map(({ path }) => `${mount?.mountPath}/${path}`);
    const given = {
      ...settings,
      ...Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value])),
    };
    const files = Object.entries(given).filter(([key, value]) => /_FILE$|_CA$/.test(key) && value);
    const target = ofKind(objects, 'Service').find(({ metadata }) => metadata.name === name)?.spec?.ports?.[0];
    const port = container?.ports?.find((port) => port.name === target?.targetPort)?.containerPort;
    return [
      ...settingFaults(name, Object.keys(given)),
      ...files
        .filter(([, path]) => !places.includes(path ?? ''))
        .map(([key]) => `${name}: ${key} is not where it is said`),
      ...(names.toSorted().join() === secretsOf(name).toSorted().join()
        ? []
        : [`${name}: has the secrets ${names.join(', ')}`]),
      ...(given['IHALA_KAFKA_USERNAME'] === `ihala-${name}` ? [] : [`${name}: is another for Kafka`]),
      ...(`${port}` === settings['PORT'] ? [] : [`${name}: listens at ${settings['PORT']}, is asked at ${port}`]),
      ...(container?.image.split(':')[0]?.endsWith(`/${name}`) ? [] : [`${name}: runs ${container?.image}`]),
    ];
  });
}

function ingressFaults(objects: readonly ClusterObject[]): string[] {
  return ofKind(objects, 'Ingress').flatMap(({ spec }) => {
    const paths = spec?.rules?.flatMap(({ http }) => http.paths) ?? [];
    return [
      ...paths
        .filter(({ backend }) => !services.includes(backend.service.name as (typeof services)[number]))
        .map(({ path }) => `${path} leads nowhere`),
      ...paths.filter(({ path }) => !path.startsWith('/v1/')).map(({ path }) => `${path} is for nobody outside`),
      ...services
        .filter((service) => !paths.some(({ backend }) => backend.service.name === service))
        .map((service) => `no path leads to ${service}`),
      ...(spec?.tls?.every(({ secretName }) => secretName) && spec.tls.length > 0 ? [] : ['the way in has no TLS']),
    ];
  });
}

/** What does not fit together in an overlay as the cluster gets it. */
export function jointFaults(objects: readonly ClusterObject[], settings: Readonly<Record<string, string>>): string[] {
  const missing = Object.entries(each).flatMap(([kind, nameOf]) => {
    const names = ofKind(objects, kind).map(({ metadata }) => metadata.name);
    const wanted = services.map(nameOf);
    return [
      ...wanted.filter((name) => !names.includes(name)).map((name) => `there is no ${kind} ${name}`),
      ...names.filter((name) => !wanted.includes(name)).map((name) => `${kind} ${name} is of no service`),
    ];
  });
  const scaled = ofKind(objects, 'HorizontalPodAutoscaler').filter(
    ({ metadata, spec }) => spec?.scaleTargetRef?.name !== metadata.name,
  );
  return [
    ...missing,
    ...scaled.map(({ metadata }) => `${metadata.name}: another one is scaled`),
    ...serviceFaults(objects, settings),
    ...ingressFaults(objects),
  ];
}
