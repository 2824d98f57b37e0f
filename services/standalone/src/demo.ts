import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { type InLanguages, type Language, readEnvironment, commandLine, say, UsageError } from '@ihala/service-kit';
import { careActs } from './demo/care.js';
import { cast } from './demo/cast.js';
import { custodyActs } from './demo/custody.js';
import { type Act, type Played, Player, type Step } from './demo/player.js';
import { startStandalone } from './standalone.js';

const usage = `npm run demo [-- --lang fr|ar|en]

Plays a case from its opening to the audit, through REST, and tells what each agency did and saw.
Starts an Ihala of its own with a temporary data folder, which it removes.

  --lang fr|ar|en   language of the story and of the API's titles (default fr)
  --help            this text
  IHALA_URL=<url>   play against a running Ihala with a development issuer instead; the case stays there
exit codes: 0 played to the end · 1 a step was answered otherwise, or could not be played · 2 called wrongly
`;
const frame = {
  begins: { fr: 'démonstration sur', ar: 'عرض على', en: 'demonstration on' },
  legend: {
    fr: '— : ce que la réponse ne montre pas à qui demande',
    ar: '— : ما لا يُظهره الجواب لمن يسأل',
    en: '— : what the answer does not show to who asks',
  },
  ends: {
    fr: 'étapes jouées, toutes ont répondu comme prévu',
    ar: 'خطوة، وكل الأجوبة كما كان متوقعا',
    en: 'steps played, all answered as expected',
  },
} satisfies Record<string, InLanguages<string>>;
const longestMs = 15_000;

async function main(lang: string, [extra]: readonly string[]): Promise<void> {
  if (extra !== undefined) throw new UsageError(`${extra}: the story takes no name`);
  if (!isLanguage(lang)) throw new UsageError(`--lang takes fr, ar or en, not ${lang}`);
  const { url, stop } = process.env['IHALA_URL'] ? running(process.env['IHALA_URL']) : await ownIhala();
  try {
    say(`Ihala (إحالة): ${frame.begins[lang]} ${url}\n${frame.legend[lang]}`);
    const steps = await tell(url, lang, [...careActs, ...custodyActs]);
    say(paint('green', `\n${steps} ${frame.ends[lang]}`));
  } finally {
    await stop();
  }
}

/** @returns how many steps were played @throws StepFailed */
async function tell(url: string, language: Language, acts: readonly Act[]): Promise<number> {
  const player = new Player(url, language, AbortSignal.timeout(longestMs));
  let number = 0;
  for (const act of acts) {
    say(paint('bold', `\n${act.title[language]}`));
    for (const step of act.steps) {
      number += 1;
      say(`\n${String(number).padStart(2)}  ${paint('cyan', cast[step.as][language])} · ${step.title[language]}`);
      sayAnswer(step, await player.play(step));
    }
  }
  return number;
}

function sayAnswer(step: Step, { told, lines }: Played): void {
  say(paint('dim', `    ${step.do} → `) + paint(step.status < 400 ? 'green' : 'yellow', String(step.status)));
  const width = Math.max(...told.map(([label]) => label.length)) + 2;
  for (const [label, value] of told) say(`    ${paint('dim', label.padEnd(width))}${value}`);
  for (const line of lines) say(`    ${line}`);
}

const running = (url: string) => ({ url, stop: async () => {} });

/** Its folder goes even when the demo is interrupted. */
async function ownIhala() {
  const folder = mkdtempSync(join(tmpdir(), 'ihala-demo-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
  return startStandalone(
    readEnvironment({ IHALA_DATA: folder, IHALA_DEV_ISSUER: '1', IHALA_LOG_LEVEL: 'silent', PORT: '0' }),
  );
}

const isLanguage = (text: string): text is Language => ['fr', 'ar', 'en'].includes(text);
const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
  process.stdout.isTTY ? styleText(style, text) : text;

// Whoever reads may have seen enough: `npm run demo | head`.
process.stdout.on('error', () => process.exit(0));
commandLine(usage, { lang: { type: 'string', default: 'fr' } }, ({ lang }, positionals) => main(lang, positionals));
