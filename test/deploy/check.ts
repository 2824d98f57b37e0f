import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../architecture/workspace.js';
import { objectsIn, ofKind } from './cluster.js';
import { composeFaults } from './compose-rules.js';
import { readCompose } from './compose.js';
import { dockerfileFaults, proxyFaults } from './edge-rules.js';
import { jointFaults } from './joint-rules.js';
import { kafkaFaults } from './kafka-rules.js';
import { networkFaults } from './network-rules.js';
import { CannotCheck, loadCompose, render, validateKubernetes, validateStrimzi } from './tools.js';
import { unpinnedImages, workloadFaults } from './workload-rules.js';

// Holds the files of the deployment to their schemas and to one another, without a cluster and without an engine.
const overlays = ['dev', 'prod'];
const folder = mkdtempSync(join(tmpdir(), 'ihala-deploy-'));
const fileOf = (overlay: string) => join(folder, `${overlay}.yaml`);
function rendered(overlay: string): string {
  if (!existsSync(fileOf(overlay))) throw new CannotCheck(`${overlay} was not rendered`);
  return fileOf(overlay);
}
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const told = ({ ok, output }: { ok: boolean; output: string }) => (ok ? [] : output.split('\n'));

async function overlayFaults(overlay: string): Promise<string[]> {
  const outcome = await render(`k8s/overlays/${overlay}`);
  if (!outcome.ok) return told(outcome);
  writeFileSync(fileOf(overlay), outcome.output);
  const objects = objectsIn(outcome.output);
  const settings = ofKind(objects, 'ConfigMap').find(({ metadata }) =>
    metadata.name.startsWith('ihala-settings'),
  )?.data;
  if (!settings) return ['there are no settings'];
  return [
    ...workloadFaults(objects),
    ...unpinnedImages(objects),
    ...networkFaults(objects),
    ...jointFaults(objects, settings),
    ...kafkaFaults(objects, {
      IHALA_KAFKA_REPLICATION: settings['IHALA_KAFKA_REPLICATION'] ?? '',
      IHALA_KAFKA_RETENTION_HOURS: settings['IHALA_KAFKA_RETENTION_HOURS'] ?? '',
    }),
  ];
}

const node = (JSON.parse(read('package.json')) as { dependencies: { node: string } }).dependencies.node;
const checks: readonly (readonly [what: string, check: () => string[] | Promise<string[]>])[] = [
  ['Dockerfile: rules', () => dockerfileFaults(read('Dockerfile'), node)],
  ['proxy: rules', () => proxyFaults(read('deploy/nginx/nginx.conf'), '3000')],
  ['compose files: rules', () => composeFaults(readCompose(root))],
  ['compose files: as compose reads them', async () => told(await loadCompose())],
  ...overlays.map((overlay) => [`${overlay} overlay: rules`, () => overlayFaults(overlay)] as const),
  ...overlays.map(
    (overlay) =>
      [
        `${overlay} overlay: Kubernetes’ schemas`,
        async () => told(await validateKubernetes(rendered(overlay))),
      ] as const,
  ),
  ['overlays: Strimzi’s schemas', async () => told(await validateStrimzi(overlays.map(rendered)))],
];

let failed = 0;
let unknown = 0;
for (const [what, check] of checks) {
  try {
    const faults = await check();
    if (faults.length > 0) failed += 1;
    console.log(`${faults.length === 0 ? 'ok     ' : 'FAULTY '} ${what}`);
    for (const fault of faults) console.log(`        ${fault}`);
  } catch (error) {
    if (!(error instanceof CannotCheck)) throw error;
    unknown += 1;
    console.log(`unknown ${what}\n        ${error.message}`);
  }
}
rmSync(folder, { recursive: true });
console.log(`${checks.length - failed - unknown} in order, ${failed} faulty, ${unknown} could not be checked`);
process.exitCode = failed > 0 ? 1 : unknown > 0 ? 2 : 0;
