import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '@ihala/service-kit';
import { asyncApi } from './asyncapi/document.js';
import { asYaml } from './asyncapi/yaml.js';
import { findSectors, servicesFolder } from './sectors.js';
import { blueprintsOf } from './deployables.js';

const usage = `npm run asyncapi

Writes docs/asyncapi.yaml: what services say to each other over Kafka, from the contracts.
`;

commandLine(usage, {}, async () => {
  const document = asyncApi(blueprintsOf(await findSectors([servicesFolder])));
  writeFileSync(join(servicesFolder, '../docs/asyncapi.yaml'), `${asYaml(document).trimStart()}\n`);
});
