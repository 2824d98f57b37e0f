import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { describeWithOwn, startKafka, type Server } from '@ihala/test-servers';
import { KafkaCarrier, type KafkaOptions } from './index.js';
import { World } from './world.fixtures.js';

jest.setTimeout(60_000);
const OURS = { mechanism: 'plain', username: 'ihala', password: 'only for this test' } as const;

await describeWithOwn('kafka', 'a broker that wants TLS, and to know who we are', () => {
  let folder: string;
  let ca: string;
  let broker: Server;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ihala-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const make = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert];
    execFileSync('openssl', [...make, ...subject], { stdio: 'ignore' });
    ca = readFileSync(cert, 'utf8');
    const line = (pem: string) => pem.trim().replaceAll('\n', '\\n');
    const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
    broker = await startKafka({
      protocol: 'SASL_SSL',
      settings: {
        'sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.client.plain.sasl.jaas.config': `${login} user_ihala="${OURS.password}";`,
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.certificate.chain': line(ca),
        'ssl.keystore.key': line(readFileSync(key, 'utf8')),
      },
    });
  });
  afterAll(async () => {
    await broker.stop();
    rmSync(folder, { recursive: true });
  });

  /** @returns true, or what was said */
  async function admitted(options: Pick<KafkaOptions, 'tls' | 'sasl'>): Promise<string | true> {
    const carrier = new KafkaCarrier({
      ...{ brokers: [broker.address], clientId: 'ihala-test', replication: 1, minInSync: 1, ...options },
    });
    return carrier.ensureTopics(['cases']).then(
      () => true,
      (error: Error) => error.message,
    );
  }

  it('lets events through', async () => {
    const world = new World(broker.address, { tls: { ca }, sasl: OURS });
    await world.carrier.ensureTopics([world.source]);
    await world.record(5);
    world.relay();
    world.observer();
    await world.expectEqual();
    await world.end();
  });

  it('is not spoken to where its certificate is not known', async () => {
    expect(await admitted({ tls: true, sasl: OURS })).toMatch(/self-signed certificate/);
  });

  it('refuses a wrong password, and the refusal does not repeat it', async () => {
    const password = 'what somebody else would say';
    const said = await admitted({ tls: { ca }, sasl: { ...OURS, password } });
    expect(said).toMatch(/authentication/i);
    expect(said).not.toContain(password);
  });
});
