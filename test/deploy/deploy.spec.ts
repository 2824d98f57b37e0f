import { describe, expect, test } from '@jest/globals';
import { loadDeployment } from '@ihala/access';
import { roles } from '@ihala/contracts';
import { secretNames, settingsSchema } from '@ihala/distributed';
import { join } from 'node:path';
import { parse } from 'yaml';
import { files, read, readJson, root } from '../architecture/workspace.js';
import { alertFaults, alertsIn, metricsIn, registeredIn, type AlertGroups } from './alerts.js';
import { objectsIn, ofKind, type ClusterObject } from './cluster.js';
import { composeFaults } from './compose-rules.js';
import { missingConfigs, readCompose, type Compose, type ComposeService } from './compose.js';
import { dockerfileFaults, proxyFaults } from './edge-rules.js';
import { kafkaFaults } from './kafka-rules.js';
import { networkFaults } from './network-rules.js';
import { furtherSettings, secretSettings, services, settingFaults, settings } from './settings.js';
import { workloadFaults } from './workload-rules.js';

const compose = readCompose(root);
const written = files.filter(
  (path) => /^k8s\/(service|base)\/[^/]+\.yaml$/.test(path) && !path.endsWith('kustomization.yaml'),
);
const cluster = written.flatMap((path) => objectsIn(read(path)));
const environment = Object.fromEntries(
  read('k8s/base/settings.env')
    .trim()
    .split('\n')
    .map((line) => line.split('=') as [string, string]),
);
const agreed = {
  IHALA_KAFKA_REPLICATION: environment['IHALA_KAFKA_REPLICATION'] ?? '',
  IHALA_KAFKA_RETENTION_HOURS: environment['IHALA_KAFKA_RETENTION_HOURS'] ?? '',
};
const node = readJson<{ dependencies: { node: string } }>('package.json').dependencies.node;
const registered = files
  .filter((path) => /^(libs|services)\/[^/]+\/src\/.*\.ts$/.test(path))
  .map(read)
  .flatMap(registeredIn);
const readIfThere = (path: string) => (files.includes(path) ? read(path) : undefined);
const shared = parse(read('deploy/alerts.yaml')) as AlertGroups;
const clusterAlerts = (path: string) =>
  objectsIn(read(`k8s/components/monitoring/${path}`))[0]?.spec as unknown as AlertGroups;

test('processes are told what they read, and nothing else', () => {
  const read = [...Object.keys(settingsSchema.shape), ...secretNames.map((name) => `${name}_FILE`)];
  // the traces' own, and Node's
  const others = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'NODE_EXTRA_CA_CERTS'];
  expect([...settings, ...furtherSettings].filter((name) => ![...read, ...others].includes(name))).toEqual([]);
  expect(secretNames).toEqual(expect.arrayContaining([...secretSettings]));
});

test('one machine: nothing runs as root, open, unchecked or with another’s secrets', () => {
  expect(composeFaults(compose)).toEqual([]);
  expect(missingConfigs(root, compose)).toEqual([]);
});

test('the cluster: nothing runs as root, writable, unlimited, unprobed or with secrets in the open', () => {
  expect(workloadFaults(cluster)).toEqual([]);
  expect(settingFaults('settings.env', [...Object.keys(environment), 'IHALA_KAFKA_USERNAME'])).toEqual([]);
});

test('the cluster: nobody reaches anybody unless it is said', () => expect(networkFaults(cluster)).toEqual([]));

test('the cluster: topics are those that the carrier makes', () => {
  expect(kafkaFaults(cluster, agreed, false)).toEqual([]);
});

test('each service is one line of its own', () => {
  for (const service of services) {
    const {
      configMapGenerator: [names],
    } = parse(read(`k8s/base/${service}/kustomization.yaml`)) as {
      configMapGenerator: [{ name: string; literals: string[] }];
    };
    expect(names).toMatchObject({ name: service, literals: [`name=${service}`] });
  }
});

test('the way in leads to services alone, at the port where they listen', () => {
  expect(proxyFaults(read('deploy/nginx/nginx.conf'), environment['PORT'] ?? '')).toEqual([]);
  expect(read('deploy/prometheus.yml')).toContain(`port: ${environment['PORT']}`);
  expect(read('Dockerfile')).toContain(`EXPOSE ${environment['PORT']}\n`);
  expect(compose.services['cases']?.environment?.['PORT']).toBe(Number(environment['PORT']));
});

test('images run the Node of the project, as nobody, without a shell before them', () => {
  expect(dockerfileFaults(read('Dockerfile'), node)).toEqual([]);
  expect(read('.dockerignore').split('\n')).not.toContain('!deploy/secrets');
  expect(read('.gitignore').split('\n')).toContain('deploy/secrets');
});

test('the secrets that are read are those that are made', () => {
  const script =
    read('deploy/make-secrets.sh').replaceAll('$set', 'mongodb') +
    read('deploy/make-secrets.sh').replaceAll('$set', 'keyring');
  const made = Object.keys(compose.secrets).filter((name) => !/^\w[\w-]*-mongodb-url$/.test(name));
  expect(
    made.filter((name) => !new RegExp(`(keep|missing) [^\\n]*\\b${name.replace('.', '\\.')}\\b`).test(script)),
  ).toEqual([]);
  expect(script).toContain(`for service in ${services.join(' ')};`);
});

test.each(['deploy/ihala.json', 'k8s/base/ihala.json'])('%s names agencies and an issuer of their tokens', (path) => {
  const { agencies, issuers } = loadDeployment(join(root, path));
  const vouchedFor = agencies.filter(({ kinds }) => !kinds.includes('enforcement')).map(({ code }) => code);
  expect(issuers).toMatchObject([{ agencies: vouchedFor }]);
});

test('Keycloak’s realm gives the roles, and tells of an employee what a token has to say', () => {
  interface Realm {
    readonly roles: { readonly client: { readonly ihala: readonly { readonly name: string }[] } };
    readonly clients: readonly {
      readonly clientId: string;
      readonly attributes?: Readonly<Record<string, string>>;
      readonly protocolMappers?: readonly {
        readonly name: string;
        readonly config: Readonly<Record<string, string>>;
      }[];
    }[];
    readonly components: Readonly<
      Record<string, readonly [{ readonly config: Readonly<Record<string, readonly [string]>> }]>
    >;
  }
  const realm = readJson<Realm>('deploy/keycloak/ihala-realm.json');
  expect(realm.roles.client.ihala.map(({ name }) => name).toSorted()).toEqual([...roles].toSorted());
  const client = realm.clients.find(({ clientId }) => clientId === 'back-office');
  expect(client?.attributes?.['access.token.header.type.rfc9068']).toBe('true');
  expect(client?.protocolMappers?.map(({ name, config }) => [name, config['access.token.claim']])).toEqual(
    ['sub', 'aud', 'agency', 'units', 'roles'].map((name) => [name, 'true']),
  );
  const [{ config }] = realm.components['org.keycloak.userprofile.UserProfileProvider']!;
  const { attributes } = JSON.parse(config['kc.user.profile.config']![0]) as {
    attributes: { name: string; permissions: { edit: string[] } }[];
  };
  // whoever could write these would choose what to see
  for (const name of ['agency', 'units']) {
    expect(attributes.find((attribute) => attribute.name === name)?.permissions.edit).toEqual(['admin']);
  }
});

test('alarms look at metrics that there are, and say where to read on', () => {
  const all = [...alertsIn(shared), ...alertsIn(clusterAlerts('cluster-alerts.yaml'))];
  expect(all.length).toBeGreaterThan(10);
  expect(alertFaults(all, registered, readIfThere)).toEqual([]);
  expect(clusterAlerts('alerts.yaml')).toEqual(shared);
});

describe('these checks fire', () => {
  const changed = (name: string, change: Partial<ComposeService>): Compose => ({
    ...compose,
    services: { ...compose.services, [name]: { ...compose.services[name], ...change } },
  });
  const env = (more: Record<string, string>) => ({
    environment: { ...compose.services['cases']?.environment, ...more },
  });
  test.each<[string, string, Partial<ComposeService>]>([
    ['an image without a version', 'redis', { image: 'redis' }],
    ['an image of whatever version', 'redis', { image: 'redis:latest' }],
    ['root', 'kafka', { user: '0:0' }],
    ['nobody in particular', 'kafka', { user: undefined }],
    ['a container that writes into itself', 'cases', { read_only: false }],
    ['capabilities', 'audit', { cap_drop: [] }],
    ['privileges', 'audit', { security_opt: [] }],
    ['memory without limit', 'proxy', { deploy: { resources: { limits: { cpus: '1', pids: 10 } } } }],
    ['a port', 'cases', { ports: ['127.0.0.1:3000:3000'] }],
    ['a port open to all', 'proxy', { ports: ['8443:8443'] }],
    ['a password', 'cases', env({ IHALA_KAFKA_PASSWORD: 'x' })],
    ['a password in a URL', 'cases', env({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:b@c' })],
    ['a file that is not there', 'cases', env({ IHALA_KEK_FILE: '/run/secrets/keks' })],
    ['a configuration that is not there', 'proxy', { configs: ['ngnix'] }],
    ['an unknown setting', 'cases', env({ IHALA_KAFKA_BROKER: 'kafka:9092' })],
    ['no health check', 'keycloak', { healthcheck: undefined }],
    ['a start before servers are well', 'cases-migration', { depends_on: { kafka: { condition: 'service_started' } } }],
    ['one replica', 'health', { deploy: { ...compose.services['health']?.deploy, replicas: 1 } }],
    ['another’s image', 'health', { image: 'ihala/cases:0.1.0' }],
  ])('on %s', (_, name, change) => expect(composeFaults(changed(name, change)).length).toBeGreaterThan(0));

  const text = written.toReversed().map(read).join('\n---\n');
  const broken = (from: string | RegExp, to: string): ClusterObject[] => {
    expect(text).toMatch(from);
    return objectsIn(text.replace(from, to));
  };
  test.each<[string, string | RegExp, string]>([
    ['root', 'runAsUser: 10001', 'runAsUser: 0'],
    ['root, perhaps', 'runAsNonRoot: true', 'runAsNonRoot: false'],
    ['a writable container', 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false'],
    ['privileges', 'allowPrivilegeEscalation: false', 'allowPrivilegeEscalation: true'],
    ['the whole kernel', 'type: RuntimeDefault', 'type: Unconfined'],
    ['memory without limit', "limits: { cpu: '1', memory: 512Mi }", "limits: { cpu: '1' }"],
    ['no readiness', 'readinessProbe:', 'lookedAt:'],
    ['a token of the cluster', 'automountServiceAccountToken: false', 'automountServiceAccountToken: true'],
    ['replicas in one place', 'topologySpreadConstraints:', 'spread:'],
    ['a password', 'value: ihala-service', 'value: redis://x:y@redis'],
    ['a kill too soon', 'terminationGracePeriodSeconds: 35', 'terminationGracePeriodSeconds: 5'],
  ])('on %s in the cluster', (_, from, to) => expect(workloadFaults(broken(from, to)).length).toBeGreaterThan(0));

  test.each<[string, string | RegExp, string]>([
    ['no denial', /spec: \{ podSelector: \{\}, policyTypes: \[Ingress, Egress\] \}/, 'spec: { podSelector: {} }'],
    ['an open door', /- from:\n.*ingress-nginx \} \}/, '- from:\n        - namespaceSelector: {}'],
    ['another port', 'port: 3000 }]', 'port: 3001 }]'],
  ])('on %s', (_, from, to) => expect(networkFaults(broken(from, to)).length).toBeGreaterThan(0));

  test('on two partitions, fewer copies, a short memory, or a topic that is missing', () => {
    for (const [from, to] of [
      ['partitions: 1', 'partitions: 2'],
      ['replicas: 3\n  config', 'replicas: 1\n  config'],
      ['retention.ms: 604800000', 'retention.ms: 60480000'],
      ['ihala.audit.v1, labels', 'ihala.audits.v1, labels'],
    ] as const) {
      expect(kafkaFaults(broken(from, to), agreed, false).length).toBeGreaterThan(0);
    }
    expect(kafkaFaults(ofKind(cluster, 'KafkaTopic'), agreed, true)).toHaveLength(services.length);
  });

  test('on a way in that leads too far, or to nothing', () => {
    const conf = read('deploy/nginx/nginx.conf');
    const faults = (from: string, to: string) => {
      expect(conf).toContain(from);
      return proxyFaults(conf.replace(from, to), '3000');
    };
    expect(faults('location / { return 404; }', 'location /metrics { proxy_pass http://cases; }')).toHaveLength(1);
    expect(faults('(?:cases|transfers|feed)', '(?:cases|transfers)')).toEqual(['/v1/feed does not lead to cases']);
    expect(faults('audit:3000', 'audit:3001')).toHaveLength(1);
    expect(faults('"status":$status', '"url":"$request_uri"')).toHaveLength(1);
    expect(faults('proxy_buffering off', 'proxy_buffering on')).toHaveLength(1);
  });

  test('on an image of another Node, of root or behind a shell', () => {
    const file = read('Dockerfile');
    expect(dockerfileFaults(file, '26.10.1')).toHaveLength(1);
    expect(dockerfileFaults(file.replace('USER 10001:10001', ''), node)).toHaveLength(1);
    expect(dockerfileFaults(file.replace('ENTRYPOINT ["node", ', 'ENTRYPOINT ["sh", '), node)).toHaveLength(1);
  });

  test('on an alarm that looks at nothing, or leads nowhere', () => {
    expect(metricsIn('sum by (a, b) (rate(tea_total{cup="x_y"}[5m])) / on (z) pot_count > bool 0.5 * 60')).toEqual([
      'tea_total',
      'pot_count',
    ]);
    expect(registeredIn("x = new Histogram({\n  name: 'tea',\n})\n  {\n    name: 'ihala_pot',\n")).toEqual([
      ...['tea_bucket', 'tea_sum', 'tea_count', 'ihala_pot'],
    ]);
    const [alert] = alertsIn(shared);
    const faults = (change: object) => alertFaults([{ ...alert!, ...change }], registered, readIfThere);
    expect(faults({})).toEqual([]);
    expect(faults({ expr: 'ihala_parkd > 0' })).toHaveLength(1);
    expect(faults({ annotations: { summary: 's', runbook: 'docs/operations.md#nowhere' } })).toHaveLength(1);
    expect(faults({ labels: {} })).toHaveLength(1);
  });
});
