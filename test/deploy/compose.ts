import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parse } from 'yaml';

type Named<T> = Readonly<Record<string, T>>;
type Mounted = string | { readonly source: string; readonly target?: string };

export interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly args?: Named<string> };
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Named<string | number | null>;
  readonly secrets?: readonly Mounted[];
  readonly configs?: readonly Mounted[];
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly profiles?: readonly string[];
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: readonly string[] };
  readonly depends_on?: Named<{ readonly condition?: string }>;
  readonly deploy?: {
    readonly replicas?: number;
    readonly resources?: { readonly limits?: Named<string | number> };
  };
}

export interface Compose {
  readonly services: Named<ComposeService>;
  /** name: path of its file, from the root */
  readonly secrets: Named<string>;
  readonly configs: Named<string>;
}

interface Written {
  readonly include?: readonly string[];
  readonly services?: Named<ComposeService>;
  readonly secrets?: Named<{ readonly file?: string }>;
  readonly configs?: Named<{ readonly file?: string }>;
}

/** A compose file with the files it includes. Paths in each are its own folder's. */
export function readCompose(root: string, file = 'docker-compose.yml'): Compose {
  const path = join(root, file);
  const written = parse(readFileSync(path, 'utf8'), { merge: true }) as Written;
  const from = (named: Named<{ readonly file?: string }> = {}) =>
    Object.fromEntries(
      Object.entries(named).map(([name, { file: to = '' }]) => [name, relative(root, resolve(dirname(path), to))]),
    );
  const own = { services: written.services ?? {}, secrets: from(written.secrets), configs: from(written.configs) };
  const included = (written.include ?? []).map((name) => readCompose(root, join(dirname(file), name)));
  return {
    services: Object.assign({}, own.services, ...included.map(({ services }) => services)) as Compose['services'],
    secrets: Object.assign({}, own.secrets, ...included.map(({ secrets }) => secrets)) as Compose['secrets'],
    configs: Object.assign({}, own.configs, ...included.map(({ configs }) => configs)) as Compose['configs'],
  };
}

/** Where a container finds a secret. */
export const placeOf = (mounted: Mounted): string =>
  `/run/secrets/${typeof mounted === 'string' ? mounted : (mounted.target ?? mounted.source)}`;
export const sourceOf = (mounted: Mounted): string => (typeof mounted === 'string' ? mounted : mounted.source);

export const missingConfigs = (root: string, { configs }: Compose): string[] =>
  Object.values(configs).filter((path) => !existsSync(join(root, path)));
