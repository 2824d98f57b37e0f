import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { KeyEncryptionKey } from './key-encryption-key.js';
import { SqliteKeyring } from './sqlite-keyring.js';

/** A process that makes keys and says so, until it is killed. Prints key id and secret of each. */
const keyring = new SqliteKeyring(process.argv[2]!, KeyEncryptionKey.parse(process.env['IHALA_KEK']!));
for (;;) {
  for (const key of (await keyring.keysFor(randomUUID(), ['identity', 'health'])).values()) {
    writeSync(1, `${key.id} ${key.secret.export().toString('hex')}\n`);
  }
}
