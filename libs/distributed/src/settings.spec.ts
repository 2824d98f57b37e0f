import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { kafkaOptions } from './kafka-options.js';
import { databaseIn, readSettings } from './settings.js';
import { usageOf } from './usage.js';

const secret = 'hunter2-Aminata';
const least = {
  IHALA_MONGODB_URL: `mongodb://cases:${secret}@a:27017,b:27017/?replicaSet=rs0`,
  IHALA_KEYRING_URL: `mongodb://keyring:${secret}@a:27017`,
  IHALA_KEK: 'a-key',
  IHALA_KAFKA_BROKERS: 'a:9092,b:9092',
};
const sasl = { IHALA_KAFKA_SASL: 'plain', IHALA_KAFKA_USERNAME: 'ihala', IHALA_KAFKA_PASSWORD: secret };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ihala-settings-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}
/** What is said of an environment that is wrong. */
function refusal(env: Record<string, string | undefined>): string {
  try {
    readSettings(env);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was taken');
}

test('the least that is needed is enough, and the rest is as the usage says', () => {
  expect(readSettings(least)).toEqual({
    ...least,
    IHALA_ENGINE: 'distributed',
    PORT: 3000,
    IHALA_HOST: '127.0.0.1',
    IHALA_LOG_LEVEL: 'info',
    IHALA_RATE_LIMIT: 6000,
    IHALA_STREAM_LIMIT: 100,
    IHALA_KAFKA_BROKERS: ['a:9092', 'b:9092'],
    IHALA_KAFKA_TLS: '0',
    IHALA_KAFKA_REPLICATION: 3,
    IHALA_KAFKA_RETENTION_HOURS: 168,
    IHALA_PREFIX: 'ihala',
    IHALA_SECTORS: ['education', 'employment', 'health', 'voluntary-return'],
    IHALA_DEV_ISSUER: '0',
  });
});

test('every setting stands in the usage', () => {
  const usage = usageOf('cases');
  const names = Object.keys(
    readSettings({ ...least, ...sasl, IHALA_KAFKA_TLS: '1', IHALA_KAFKA_CA: 'x', IHALA_REDIS_URL: 'redis://r' }),
  );
  const others = ['IHALA_CONFIG', 'IHALA_TRUSTED_PROXIES', 'IHALA_DEV_ISSUER_KEY'];
  for (const name of [...names, ...others]) expect(usage).toContain(name);
});

test('what is set to nothing is not set', () => {
  const nothing = { PORT: '', IHALA_REDIS_URL: '', IHALA_KEK_FILE: '', IHALA_DEV_ISSUER: '', IHALA_LOG_LEVEL: '' };
  expect(readSettings({ ...least, ...nothing })).toEqual(readSettings(least));
});

describe('a secret', () => {
  test.each(['IHALA_MONGODB_URL', 'IHALA_KEYRING_URL', 'IHALA_KEK'] as const)('may lie in a file: %s', (name) => {
    const { [name]: value, ...others } = least;
    expect(readSettings({ ...others, [`${name}_FILE`]: file(name, `${value}\n`) })[name]).toBe(value);
  });

  test.each(['IHALA_KAFKA_PASSWORD', 'IHALA_REDIS_URL', 'IHALA_DEV_ISSUER_KEY'] as const)(
    'may lie in a file: %s',
    (name) => {
      const env = { ...least, ...sasl, IHALA_KAFKA_PASSWORD: undefined, IHALA_KAFKA_PASSWORD_FILE: file('p', secret) };
      const value = name === 'IHALA_REDIS_URL' ? 'redis://:x@r:6379/1' : secret;
      expect(readSettings({ ...env, [`${name}_FILE`]: file(name, value) })[name]).toBe(value);
    },
  );

  test('in a file that is not there, or holds nothing, is told of by the file’s variable alone', () => {
    const { IHALA_KEK: _, ...others } = least;
    expect(refusal({ ...others, IHALA_KEK_FILE: join(folder, 'none') })).toBe(
      'IHALA_KEK_FILE: cannot be read (ENOENT)',
    );
    expect(refusal({ ...others, IHALA_KEK_FILE: folder })).toBe('IHALA_KEK_FILE: cannot be read (EISDIR)');
    expect(refusal({ ...others, IHALA_KEK_FILE: file('empty', ' \n') })).toBe('IHALA_KEK_FILE: is empty');
  });

  test('that is given twice is refused: one of the two is not meant', () => {
    expect(refusal({ ...least, IHALA_KEK_FILE: file('kek', 'another') })).toContain('IHALA_KEK: given twice');
  });

  test('is never told of, however wrong', () => {
    const wrong = Object.keys({ ...least, ...sasl, IHALA_REDIS_URL: '', IHALA_DEV_ISSUER_KEY: '' });
    const said = refusal({ ...Object.fromEntries(wrong.map((name) => [name, secret])), IHALA_KAFKA_TLS: 'yes' });
    expect(said).toContain('IHALA_REDIS_URL');
    expect(said).not.toContain(secret);
  });
});

test('every setting that is wrong is named', () => {
  const said = refusal({
    ...{ IHALA_ENGINE: 'embedded', PORT: '99999', IHALA_LOG_LEVEL: 'loud', IHALA_KEYRING_URL: 'postgres://x' },
    ...{ IHALA_KAFKA_BROKERS: 'a:9092,', IHALA_KAFKA_TLS: 'yes', IHALA_KAFKA_SASL: 'none', IHALA_REDIS_URL: 'r:6379' },
    ...{ IHALA_KAFKA_REPLICATION: '0', IHALA_KAFKA_RETENTION_HOURS: 'long', IHALA_PREFIX: 'I H', IHALA_SECTORS: 'a,' },
    ...{ IHALA_TRUSTED_PROXIES: 'everybody', IHALA_RATE_LIMIT: '-1', IHALA_STREAM_LIMIT: '1.5' },
  });
  expect(said.split('; ').map((fault) => fault.slice(0, fault.indexOf(':')))).toEqual([
    ...['IHALA_ENGINE', 'PORT', 'IHALA_LOG_LEVEL', 'IHALA_TRUSTED_PROXIES', 'IHALA_RATE_LIMIT', 'IHALA_STREAM_LIMIT'],
    ...['IHALA_MONGODB_URL', 'IHALA_KEYRING_URL', 'IHALA_KEK', 'IHALA_KAFKA_BROKERS', 'IHALA_KAFKA_TLS'],
    ...['IHALA_KAFKA_SASL', 'IHALA_KAFKA_REPLICATION', 'IHALA_KAFKA_RETENTION_HOURS', 'IHALA_REDIS_URL'],
    ...['IHALA_PREFIX', 'IHALA_SECTORS'],
  ]);
});

test.each([
  [{ IHALA_KAFKA_SASL: 'plain' }, /IHALA_KAFKA_USERNAME: .*IHALA_KAFKA_PASSWORD: /],
  [{ IHALA_KAFKA_PASSWORD: secret }, /^IHALA_KAFKA_SASL: is needed with IHALA_KAFKA_PASSWORD$/],
  [{ IHALA_KAFKA_CA: '/ca.pem' }, /^IHALA_KAFKA_TLS: is needed with IHALA_KAFKA_CA$/],
])('what goes together is asked for together: %j', (some, said) => {
  expect(refusal({ ...least, ...some })).toMatch(said);
});

describe('of Kafka', () => {
  test('credentials and certificates are passed on', () => {
    const ca = file('ca.pem', 'a certificate');
    const env = { ...least, ...sasl, IHALA_KAFKA_TLS: '1', IHALA_KAFKA_CA: ca, IHALA_KAFKA_REPLICATION: '2' };
    expect(kafkaOptions(readSettings(env))).toEqual({
      ...{ brokers: ['a:9092', 'b:9092'], clientId: 'ihala', prefix: 'ihala', tls: { ca: 'a certificate' } },
      sasl: { mechanism: 'plain', username: 'ihala', password: secret },
      ...{ replication: 2, minInSync: 1, retentionMs: 168 * 3_600_000 },
    });
    expect(kafkaOptions(readSettings({ ...least, IHALA_KAFKA_TLS: '1' }))).toMatchObject({ tls: true, minInSync: 2 });
  });

  test('certificates that can’t be read are told of by their setting', () => {
    const env = { ...least, IHALA_KAFKA_TLS: '1', IHALA_KAFKA_CA: join(folder, 'none.pem') };
    expect(() => kafkaOptions(readSettings(env))).toThrow('IHALA_KAFKA_CA: cannot be read (ENOENT)');
  });
});

test.each([
  ['mongodb://a:27017', 'ihala-cases'],
  ['mongodb://a:27017,b:27017/?replicaSet=rs0', 'ihala-cases'],
  ['mongodb://user:p%2Fw@a,b/oujda?replicaSet=rs0&authSource=admin', 'oujda'],
  ['mongodb+srv://a/two%20words', 'two words'],
])('the database is the one that the address names, if it does: %s', (url, database) => {
  expect(databaseIn(url, 'ihala-cases')).toBe(database);
});
