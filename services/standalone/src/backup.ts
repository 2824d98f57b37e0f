import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { commandLine, only, say } from '@ihala/service-kit';
import { type BackupFile } from './backup/manifest.js';
import { takeBackup } from './backup/take.js';
import { dataFolder } from './data-folder.js';

const usage = `npm run backup -- <folder> [--data <data folder>]

Copies all data of an Ihala, which may be running, into <folder>, and reads the copy again:
  <folder>/logs      what happened, as one set that fits together; may be kept for years
  <folder>/keyring   the keys of persons, wrapped; keep it apart from the logs, and at most 30 days:
                     who was erased can be read again for as long as an older copy exists
The key-encryption key is never copied.

  --data <folder>    data folder (default IHALA_DATA, else ./data)
  --help             this text
exit codes: 0 done · 1 not done · 2 called wrongly
`;

commandLine(usage, { data: { type: 'string' } }, async ({ data }, positionals) => {
  const to = resolve(only(positionals, 'a folder to write to'));
  const from = dataFolder(data);
  say(`from ${from}`);
  const files = await takeBackup(from, to, showProgress);
  for (const file of files) say(line(file));
  say(`done, and read again: ${to}`);
  say(`  ${to}/keyring: keep it apart, and destroy it within 30 days`);
  say(
    '  the key-encryption key (IHALA_KEK, or the file kek) is not in it: without your own copy of that nothing can be read',
  );
});

function showProgress(what: string, copied: number, total: number): void {
  if (!process.stdout.isTTY) return;
  const percent = total === 0 ? 100 : Math.floor((100 * copied) / total);
  process.stdout.write(`\r${styleText('dim', `${what} ${percent} %`)}\x1b[K${copied === total ? '\r\x1b[K' : ''}`);
}

function line({ name, bytes, sha256, log }: BackupFile): string {
  const size = `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  const events = log ? `${log.position} events, ${log.sequence + 1} its own` : 'wrapped keys';
  return `  ${name.padEnd(24)} ${size.padStart(12)}  sha256 ${sha256.slice(0, 16)}…  ${events}`;
}
