import { readFileSync } from 'node:fs';

/** Which versions this process runs. All packages have one version. */
export const build = {
  version: (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string })
    .version,
  node: process.versions.node,
  tzdata: process.versions['tz'] ?? 'unknown',
};
