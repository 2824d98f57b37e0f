import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JWK } from 'jose';
import { Deployment, loadDeployment } from './deployment.js';
import { good, keys, noon, oim, signed, type Keys } from './tokens.fixtures.js';
import { IssuerUnavailable, TokenInvalid, TokenVerifier } from './tokens.js';

describe('an issuer that publishes its keys', () => {
  let oimKeys: Keys;
  let server: Server;
  let answer: { status: number; keys: JWK[] };
  let verifier: TokenVerifier;
  beforeAll(async () => {
    oimKeys = await keys();
    answer = { status: 503, keys: [oimKeys.jwk] };
    server = createServer((_, response) => {
      response.writeHead(answer.status).end(JSON.stringify({ keys: answer.keys }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const jwksUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    const { agencies, audit } = loadDeployment();
    const issuers = [{ iss: oim, algorithms: ['ES256'], jwksUri, agencies: ['oim'] }];
    verifier = new TokenVerifier(new Deployment({ agencies, audit, issuers }), () => noon);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test('while they can’t be had, nobody is called a forger; once they can, forgers are', async () => {
    const header = `Bearer ${await signed(good, oimKeys)}`;
    await expect(verifier.verify(header)).rejects.toBeInstanceOf(IssuerUnavailable);
    answer.status = 200;
    await expect(verifier.verify(header)).resolves.toMatchObject({ agency: 'oim' });
    await expect(verifier.verify(`Bearer ${await signed(good, await keys())}`)).rejects.toBeInstanceOf(TokenInvalid);
  });
});
