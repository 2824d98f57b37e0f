import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Deployment, DeploymentInvalid, loadDeployment } from './deployment.js';

const names = { fr: 'x', ar: 'x', en: 'x' };
const oim = { code: 'oim', kinds: ['custody', 'provider'], names, units: ['oim/oujda'] };
const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };
const issuer = { iss: 'https://id.oim.example', algorithms: ['ES256'], jwks: { keys: [key] }, agencies: ['oim'] };
const settings = { agencies: [oim], issuers: [issuer], audit: { readsAll: [] } };

describe('the default deployment', () => {
  const deployment = loadDeployment();

  test('knows the agencies, by kind', () => {
    expect(Object.fromEntries(deployment.agencies.map(({ code, kinds }) => [code, kinds.join(' ')]))).toEqual({
      'entraide-nationale': 'custody provider',
      oim: 'custody provider',
      hcr: 'custody provider',
      'education-nationale': 'provider',
      sante: 'provider',
      anapec: 'provider',
      cndp: 'oversight',
      interieur: 'enforcement',
    });
    expect(deployment.kindsOf('oim')).toEqual(['custody', 'provider']);
    expect(deployment.kindsOf('consulate')).toEqual([]);
    expect(deployment.agency('hcr')?.names.en).toBe('United Nations High Commissioner for Refugees (UNHCR)');
    expect(deployment.audit.readsAll).toEqual(['cndp']);
  });

  test('trusts no issuer, and takes any unit of an agency’s own', () => {
    expect(deployment.issuers).toEqual([]);
    expect(deployment.isUnitOf('oim', 'oim/oujda')).toBe(true);
    for (const unit of ['hcr/oujda', 'oim/', 'oim', 'oim/Oujda', 'oim/a/b', 'oim2/a']) {
      expect(deployment.isUnitOf('oim', unit)).toBe(false);
    }
    expect(deployment.isUnitOf('consulate', 'consulate/oujda')).toBe(false);
  });
});

describe('a deployment of one’s own', () => {
  test('names the units that there are', () => {
    const deployment = new Deployment(settings);
    expect(deployment.isUnitOf('oim', 'oim/oujda')).toBe(true);
    expect(deployment.isUnitOf('oim', 'oim/rabat')).toBe(false);
  });

  test.each<[string, object, RegExp]>([
    ['an unknown field', { ...settings, debug: true }, /file: Unrecognized key: "debug"/],
    ['no agency', { ...settings, agencies: [] }, /agencies: /],
    ['an agency twice', { ...settings, agencies: [oim, oim] }, /agencies.1.code: oim is there twice/],
    ['a kind that is none', { ...settings, agencies: [{ ...oim, kinds: ['police'] }] }, /agencies.0.kinds.0: /],
    [
      'enforcement that serves',
      { ...settings, agencies: [{ ...oim, kinds: ['provider', 'enforcement'] }] },
      /agencies.0.kinds: enforcement goes with no other kind/,
    ],
    ['another agency’s unit', { ...settings, agencies: [{ ...oim, units: ['hcr/a'] }] }, /hcr\/a is no unit of oim/],
    ['a shared secret', { ...settings, issuers: [{ ...issuer, algorithms: ['HS256'] }] }, /issuers.0.algorithms.0: /],
    ['no signature', { ...settings, issuers: [{ ...issuer, algorithms: ['none'] }] }, /issuers.0.algorithms.0: /],
    [
      'a symmetric key',
      { ...settings, issuers: [{ ...issuer, jwks: { keys: [{ kty: 'oct', k: 'x' }] } }] },
      /issuers.0.jwks.keys.0.kty: /,
    ],
    [
      'a private key',
      { ...settings, issuers: [{ ...issuer, jwks: { keys: [{ ...key, d: 'x' }] } }] },
      /issuers.0.jwks.keys.0: holds a secret/,
    ],
    ['no keys', { ...settings, issuers: [{ ...issuer, jwks: undefined }] }, /issuers.0: needs either jwks or jwksUri/],
    [
      'keys over plain http',
      { ...settings, issuers: [{ ...issuer, jwks: undefined, jwksUri: 'http://id.oim.example/jwks' }] },
      /issuers.0.jwksUri: must be https/,
    ],
    [
      'an issuer twice',
      { ...settings, issuers: [issuer, issuer] },
      /issuers.1.iss: https:\/\/id.oim.example is there twice/,
    ],
    [
      'an issuer for nobody known',
      { ...settings, issuers: [{ ...issuer, agencies: ['hcr'] }] },
      /issuers.0.agencies: there is no agency hcr/,
    ],
    ['an unknown reader of all', { ...settings, audit: undefined }, /audit.readsAll: there is no agency cndp/],
  ])('%s is refused, by its place', (_, wrong, message) => {
    expect(() => new Deployment(wrong)).toThrow(DeploymentInvalid);
    expect(() => new Deployment(wrong)).toThrow(message);
  });

  test('is read from a file, whose name stands in every complaint', () => {
    const folder = mkdtempSync(join(tmpdir(), 'deployment-'));
    const file = join(folder, 'ihala.json');
    writeFileSync(file, JSON.stringify(settings));
    expect(loadDeployment(file).kindsOf('oim')).toEqual(['custody', 'provider']);
    writeFileSync(file, '{ "agencies": ');
    expect(() => loadDeployment(file)).toThrow(DeploymentInvalid);
    expect(() => loadDeployment(file)).toThrow(file);
    writeFileSync(file, '{ "agencies": 3 }');
    expect(() => loadDeployment(file)).toThrow(`${file}: agencies: `);
    rmSync(folder, { recursive: true });
    expect(() => loadDeployment(file)).toThrow(/ENOENT/);
  });
});
