import { placeOf, sourceOf, type Compose, type ComposeService } from './compose.js';
import { isOpenSecret, isPinned, services, settingFaults } from './settings.js';

/** Containers that write into themselves, each with its reason. */
const writesItself: Readonly<Record<string, string>> = { keycloak: 'puts its program together when it starts' };
/** Who may be reached from outside. */
const doors = ['proxy', 'prometheus'];

type Named = readonly [name: string, service: ComposeService];
const limits = ['cpus', 'memory', 'pids'];
const endsByItself = ({ restart = '' }: ComposeService) => restart.startsWith('on-failure');

function containerFaults([name, service]: Named): string[] {
  const { image = '', user, build, ports = [], deploy } = service;
  return [
    ...(isPinned(image) ? [] : [`${name}: its image ${image} names no version`]),
    ...(build || /^[1-9]\d*:\d+$/.test(user ?? '') ? [] : [`${name}: runs as ${user ?? 'root'}`]),
    ...(service.read_only || name in writesItself ? [] : [`${name}: may write into itself`]),
    ...(service.cap_drop?.includes('ALL') ? [] : [`${name}: keeps capabilities`]),
    ...(service.security_opt?.includes('no-new-privileges:true') ? [] : [`${name}: may gain privileges`]),
    ...limits.filter((limit) => !deploy?.resources?.limits?.[limit]).map((limit) => `${name}: ${limit} without limit`),
    ...(ports.length === 0 || doors.includes(name) ? [] : [`${name}: is open to the outside`]),
    ...ports
      .filter((port) => !/^(127\.0\.0\.1|\$\{\w+:-127\.0\.0\.1\}):/.test(port))
      .map((port) => `${name}: ${port} is open to other machines unless told`),
  ];
}

function secretFaults([name, service]: Named, { secrets, configs }: Compose): string[] {
  const mounted = service.secrets ?? [];
  const environment = Object.entries(service.environment ?? {}).map(([key, value]) => [key, `${value ?? ''}`] as const);
  const open = environment.filter(([key, value]) => isOpenSecret(key, value));
  const files = environment.filter(([, value]) => value.startsWith('/run/secrets/'));
  const spoken = [...(service.command ?? []), ...(service.entrypoint ?? [])].filter((word) => isOpenSecret('', word));
  return [
    ...open.map(([key]) => `${name}: ${key} stands in the open`),
    ...spoken.map(() => `${name}: a secret stands in its command`),
    ...mounted.filter((one) => !(sourceOf(one) in secrets)).map((one) => `${name}: nobody makes ${sourceOf(one)}`),
    ...(service.configs ?? [])
      .filter((one) => !(sourceOf(one) in configs))
      .map((one) => `${name}: there is no file ${sourceOf(one)}`),
    ...files
      .filter(([, path]) => !mounted.some((one) => placeOf(one) === path))
      .map(([key]) => `${name}: ${key} names a file that is not there`),
  ];
}

function healthFaults([name, service]: Named, all: Compose['services']): string[] {
  const { healthcheck } = service;
  const checked = (healthcheck?.test?.length ?? 0) > 0 && !healthcheck?.disable;
  const waits = Object.entries(service.depends_on ?? {}).flatMap(([other, { condition }]) => {
    const there = all[other];
    if (!there) return [`${name}: waits for ${other}, which is not there`];
    const wanted = endsByItself(there) ? 'service_completed_successfully' : 'service_healthy';
    return condition === wanted ? [] : [`${name}: waits for ${other} to be ${condition}, not ${wanted}`];
  });
  return [...(checked || endsByItself(service) ? [] : [`${name}: nobody sees whether it is well`]), ...waits];
}

function ownFaults({ services: all }: Compose): string[] {
  return services.flatMap((name) => {
    const [service, migration] = [all[name], all[`${name}-migration`]];
    if (!service || !migration) return [`${name}: the service or its migration is missing`];
    return [
      ...settingFaults(name, Object.keys(service.environment ?? {})),
      ...settingFaults(`${name}-migration`, Object.keys(migration.environment ?? {})),
      ...(service.build?.args?.['SERVICE'] === name ? [] : [`${name}: is built as another service`]),
      ...(service.image?.startsWith(`ihala/${name}:`) ? [] : [`${name}: runs the image ${service.image}`]),
      ...((service.deploy?.replicas ?? 1) >= 2 ? [] : [`${name}: has one replica`]),
      ...(service.depends_on?.[`${name}-migration`] ? [] : [`${name}: starts before its migration`]),
      ...(migration.command?.join() === '--migrate' ? [] : [`${name}-migration: does not migrate`]),
      ...(service.secrets?.some((one) => sourceOf(one) === `${name}-mongodb-url`)
        ? []
        : [`${name}: has another’s database`]),
    ];
  });
}

/** What is wrong with the deployment on one machine. */
export function composeFaults(compose: Compose): string[] {
  const named = Object.entries(compose.services);
  const used = new Set(named.flatMap(([, { secrets = [] }]) => secrets.map(sourceOf)));
  return [
    ...named.flatMap(containerFaults),
    ...named.flatMap((one) => secretFaults(one, compose)),
    ...named.flatMap((one) => healthFaults(one, compose.services)),
    ...ownFaults(compose),
    ...Object.entries(compose.secrets).flatMap(([name, path]) => [
      ...(path.startsWith('deploy/secrets/') ? [] : [`the secret ${name} lies in ${path}`]),
      ...(used.has(name) ? [] : [`the secret ${name} is for nobody`]),
    ]),
  ];
}
