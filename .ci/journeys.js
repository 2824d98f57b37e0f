// What the check script needs to know about journeys: stories of requests and the answers they expect.
//   node .ci/journeys.js built <folder>                    prints the journeys that this version can play, says why not of others
//   node .ci/journeys.js traces <folder> <path>...         looks for what the journeys say about people under these paths
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Parts of the contract that no service has yet. */
const notBuilt = [/^\/v1\/voluntary-return\/contingent(\/|$)/];

const journeysIn = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => ({ file: join(folder, name), ...JSON.parse(readFileSync(join(folder, name), 'utf8')) }));

/** The first request of a journey that this version does not know, if any. */
const unknownRequest = ({ steps }) =>
  steps
    .map((step) => step.do)
    .find((request) => {
      const path = request.split(' ')[1].split('?')[0];
      return notBuilt.some((pattern) => pattern.test(path));
    });

/** Codes, places of work, ids and instants may stand in the clear; any other word of a body is about a person. */
const clear = [
  /^[a-z0-9]+([-/][a-z0-9]+)*$/, // entraide-nationale/oujda, no-capacity, fr
  /^[A-Z]{2}(-\d{2})?$/, // CI, MA-02
  /\{\w+([+-]\w+)?\}/, // {case}, {now+72h}
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]+$/,
  /^\d{4}-\d\d-\d\dT/,
];
const textsIn = (value) =>
  typeof value === 'string' ? [value] : value && typeof value === 'object' ? Object.values(value).flatMap(textsIn) : [];
const personal = (body) => textsIn(body).filter((text) => text.length > 2 && !clear.some((form) => form.test(text)));

const filesUnder = (path) =>
  statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => filesUnder(join(path, name))) : [path];

/** Short words turn up in ciphertext by chance; there they are no words of their own. */
const found = (bytes, text) => {
  const isWord = (code) => code !== undefined && /\w/.test(String.fromCharCode(code));
  const needle = Buffer.from(text);
  for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + 1)) {
    if (needle.length > 5 || !(isWord(bytes[at - 1]) || isWord(bytes[at + needle.length]))) return true;
  }
  return false;
};

function traces(folder, paths) {
  const texts = new Set(journeysIn(folder).flatMap(({ steps }) => steps.flatMap(({ body }) => personal(body))));
  const forms = [...texts].flatMap((text) => [...new Set([text, encodeURIComponent(text)])]);
  const files = paths.flatMap(filesUnder);
  const hits = files.flatMap((file) => {
    const bytes = readFileSync(file);
    return forms.filter((form) => found(bytes, form)).map((form) => `${file}: ${form}`);
  });
  console.log(`${texts.size} names, dates, numbers and texts looked for in ${files.length} files`);
  for (const hit of hits) console.log(`FOUND ${hit}`);
  return texts.size > 0 && files.length > 0 && hits.length === 0;
}

const [command, folder, ...paths] = process.argv.slice(2);
if (command === 'built') {
  for (const journey of journeysIn(folder)) {
    const unknown = unknownRequest(journey);
    if (unknown) console.error(`NOT PLAYED: "${journey.title}" needs ${unknown}, which is not built yet`);
    else console.log(journey.file);
  }
} else if (command === 'traces') {
  process.exitCode = traces(folder, paths) ? 0 : 1;
} else {
  throw new Error(`no such command: ${command}`);
}
