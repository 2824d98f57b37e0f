import { resolve } from 'node:path';
import { commandLine, only, say } from '@ihala/service-kit';
import { restoreBackup } from './backup/restore.js';
import { dataFolder } from './data-folder.js';

const usage = `npm run restore -- <backup> [--to <data folder>]

Checks a backup that \`npm run backup\` made (nothing missing, nothing changed), and puts its logs and its keyring into a
data folder. That folder does not exist yet or is empty; the key-encryption key may lie in it. Nothing is ever overwritten.

Restoring older logs? Put the newest backup's keyring folder into <backup>/keyring first: who was erased since stays erased.

  --to <folder>      data folder (default IHALA_DATA, else ./data)
  --help             this text
exit codes: 0 done · 1 not done · 2 called wrongly
`;

commandLine(usage, { to: { type: 'string' } }, async ({ to: given }, positionals) => {
  const from = resolve(only(positionals, 'a backup'));
  const to = dataFolder(given);
  const { logs, keyring } = await restoreBackup(from, to);
  say(`restored into ${to}: what had been acknowledged by ${logs.begunAt}`);
  for (const { log } of logs.files) if (log) say(`  ${log.service.padEnd(20)} ${log.position} events`);
  say(`still to do, before the start:`);
  say(`  bring the key-encryption key: IHALA_KEK, or the file ${to}/kek (chmod 600)`);
  say(`  who was erased after ${keyring.begunAt} can be read again: erase them again`);
});
