import { ofKind, type ClusterObject, type Rule } from './cluster.js';

const isEmpty = (named: object | undefined) => Object.keys(named ?? {}).length === 0;
const sides = ['Ingress', 'Egress'];

/** Selects every pod, and lets nothing pass. */
const deniesAll = ({ spec }: ClusterObject) =>
  isEmpty(spec?.podSelector) &&
  sides.every((side) => spec?.policyTypes?.includes(side)) &&
  !spec?.ingress?.length &&
  !spec?.egress?.length;

function ruleFaults(where: string, rules: readonly Rule[], side: 'from' | 'to'): string[] {
  return rules.flatMap((rule) => {
    const others = rule[side] ?? [];
    const selectsAll = others.some((other) => isEmpty(other) || Object.values(other).every((part) => isEmpty(part)));
    return [
      ...(others.length === 0 && !rule.ports ? [`${where}: lets everything pass`] : []),
      ...(selectsAll ? [`${where}: lets every pod pass`] : []),
      ...(others.length === 0 && side === 'from' ? [`${where}: lets everybody in`] : []),
    ];
  });
}

/** What is wrong with who may reach whom. */
export function networkFaults(objects: readonly ClusterObject[]): string[] {
  const policies = ofKind(objects, 'NetworkPolicy');
  const denials = policies.filter(deniesAll);
  const ports = ofKind(objects, 'Deployment').flatMap(
    ({ spec }) => spec?.template?.spec.containers.flatMap(({ ports = [] }) => ports) ?? [],
  );
  const openPorts = policies
    .filter(({ metadata }) => metadata.name === 'services')
    .flatMap(({ spec }) => spec?.ingress?.flatMap((rule) => rule.ports ?? []) ?? [])
    .map(({ port }) => port);
  return [
    ...(denials.length === 1 ? [] : [`${denials.length} policies deny what no other allows`]),
    ...policies.flatMap(({ metadata: { name }, spec }) => [
      ...ruleFaults(`NetworkPolicy ${name}`, spec?.ingress ?? [], 'from'),
      ...ruleFaults(`NetworkPolicy ${name}`, spec?.egress ?? [], 'to'),
    ]),
    ...ports
      .filter(({ containerPort }) => !openPorts.includes(containerPort))
      .map(({ containerPort }) => `nobody may reach port ${containerPort}`),
  ];
}
