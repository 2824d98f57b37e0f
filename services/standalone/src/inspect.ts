import { commandLine, UsageError } from '@ihala/service-kit';
import { dataFolder, openDataFolder } from './data-folder.js';
import { inspections } from './inspect/inspections.js';
import { printed } from './inspect/table.js';

const usage = `npm run inspect -- <what> [options]

Looks into the data of an Ihala, which may be running. Never writes, needs no key, opens nothing that is sealed.

  streams [--prefix <text>] [--limit <n>]  streams of each service’s own log (first 100)
  case <id> [--as-of <instant>]            a case, as its service knew it then, and its events
  referral <id> [--as-of <instant>]        a referral, likewise
  sources                                  what each service has heard of the others
  views                                    how far each view has folded its log
  reactions                                how far each reaction was told of its log, and how much it left undone
  timers                                   what each timer waits for next, and whether it is late
  parked [--limit <n>]                     what was left to an operator, and why (first 100 of each service)

  --data <folder>    data folder (default IHALA_DATA, else ./data)
  --json             JSON instead of tables
  --help             this text
exit codes: 0 done · 1 not done, or no such thing · 2 called wrongly
`;

const options = {
  data: { type: 'string' },
  json: { type: 'boolean' },
  prefix: { type: 'string' },
  limit: { type: 'string' },
  'as-of': { type: 'string' },
} as const;

// whoever reads may have seen enough: `npm run inspect -- streams | head`
process.stdout.on('error', () => process.exit(0));

commandLine(usage, options, async ({ data, json, prefix = '', limit = '100', 'as-of': asOf }, positionals) => {
  const [what = '', ...names] = positionals;
  const inspection = inspections[what];
  if (!inspection) throw new UsageError(what ? `there is no ${what} to look at` : 'what to look at?');
  if (names.length !== (inspection.named ? 1 : 0)) {
    throw new UsageError(inspection.named ? `${what} takes one id` : `${what} takes no name`);
  }
  if (!/^[1-9]\d{0,6}$/.test(limit)) throw new UsageError('--limit takes a number from 1');
  const asked = {
    id: names[0] ?? '',
    prefix,
    limit: Number(limit),
    until: instant(asOf),
    now: new Date().toISOString(),
  };
  const readers = openDataFolder(dataFolder(data));
  try {
    for (const reader of readers) reader.pin();
    process.stdout.write(printed(await inspection.look(readers, asked), json === true));
  } finally {
    for (const reader of readers) reader.close();
  }
});

/** In the form of the log's own instants, so that they compare as text. @throws UsageError */
function instant(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) throw new UsageError('--as-of takes an instant such as 2026-11-24T09:30:00Z');
  return new Date(at).toISOString();
}
