import { ofKind, type ClusterObject, type Container, type PodSpec } from './cluster.js';
import { isOpenSecret, isPinned } from './settings.js';

const probes = ['startupProbe', 'livenessProbe', 'readinessProbe'] as const;

function containerFaults(where: string, container: Container): string[] {
  const { resources = {}, securityContext: security, volumeMounts = [], env = [] } = container;
  const unlimited = ['requests', 'limits'].flatMap((side) =>
    ['cpu', 'memory'].filter((what) => !resources[side]?.[what]).map((what) => `${where}: no ${side} of ${what}`),
  );
  return [
    ...unlimited,
    ...(security?.readOnlyRootFilesystem ? [] : [`${where}: may write into itself`]),
    ...(security?.allowPrivilegeEscalation === false ? [] : [`${where}: may gain privileges`]),
    ...(security?.capabilities?.drop?.includes('ALL') ? [] : [`${where}: keeps capabilities`]),
    ...volumeMounts.filter(({ readOnly }) => !readOnly).map(({ name }) => `${where}: may write into ${name}`),
    ...env
      .filter(({ name, value = '' }) => isOpenSecret(name, value))
      .map(({ name }) => `${where}: ${name} stands in the open`),
  ];
}

function podFaults(where: string, spec: PodSpec): string[] {
  const { securityContext: security, containers } = spec;
  return [
    ...(security?.runAsNonRoot && (security.runAsUser ?? 0) > 0 ? [] : [`${where}: may run as root`]),
    ...(security?.seccompProfile?.type === 'RuntimeDefault' ? [] : [`${where}: may call all of the kernel`]),
    ...(spec.automountServiceAccountToken === false ? [] : [`${where}: holds a token of the cluster`]),
    ...containers.flatMap((container) => containerFaults(where, container)),
  ];
}

function deploymentFaults({ metadata: { name }, spec }: ClusterObject): string[] {
  const pod = spec?.template?.spec;
  const where = `Deployment ${name}`;
  return [
    ...probes
      .filter((probe) => !pod?.containers.every((container) => container[probe]))
      .map((probe) => `${where}: no ${probe}`),
    ...((pod?.topologySpreadConstraints?.length ?? 0) > 0 ? [] : [`${where}: all replicas may be on one node`]),
    // it ends within 20 s, after 5 s in which the last requests come
    ...((pod?.terminationGracePeriodSeconds ?? 30) >= 25 ? [] : [`${where}: is killed before it has ended`]),
    ...(spec?.replicas === undefined ? [] : [`${where}: says how many there are, against the autoscaler`]),
  ];
}

/** What is wrong with what runs in the cluster. */
export function workloadFaults(objects: readonly ClusterObject[]): string[] {
  const deployments = ofKind(objects, 'Deployment');
  const running = [...deployments, ...ofKind(objects, 'Job')];
  return [
    ...(deployments.length > 0 ? [] : ['nothing runs']),
    ...deployments.flatMap(deploymentFaults),
    ...running.flatMap(({ kind, metadata: { name }, spec }) =>
      spec?.template ? podFaults(`${kind} ${name}`, spec.template.spec) : [`${kind} ${name}: runs nothing`],
    ),
    ...ofKind(objects, 'Secret').map(({ metadata: { name } }) => `Secret ${name}: is not to be written down`),
    ...ofKind(objects, 'ConfigMap').flatMap(({ metadata: { name }, data = {} }) =>
      Object.entries(data)
        .filter(([key, value]) => isOpenSecret(key, value))
        .map(([key]) => `ConfigMap ${name}: ${key} stands in the open`),
    ),
  ];
}

/** Images that name no version, once overlays have said which. */
export const unpinnedImages = (objects: readonly ClusterObject[]): string[] =>
  objects
    .flatMap(({ spec }) => spec?.template?.spec?.containers ?? [])
    .filter(({ image }) => !isPinned(image))
    .map(({ image }) => `the image ${image} names no version`);
