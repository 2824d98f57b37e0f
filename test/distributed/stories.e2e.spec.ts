import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { describeWithAll } from '@ihala/test-servers';
import { consents } from '../e2e/consents.stories.js';
import { custody } from '../e2e/custody.stories.js';
import { idempotency } from '../e2e/idempotency.stories.js';
import { journeys } from '../e2e/journeys.stories.js';
import { races } from '../e2e/races.stories.js';
import { build } from '../e2e/server-process.js';
import type { Installation } from '../e2e/world.js';
import { Traces } from './traces.js';
import { DistributedWorld } from './world.js';

jest.setTimeout(60_000);

await describeWithAll(['mongodb', 'kafka', 'redis'], 'on the distributed engine, two processes a service', () => {
  let world: DistributedWorld;
  let traces: Traces;
  beforeAll(async () => {
    build();
    const services = ['cases', 'health', 'audit'] as const;
    world = await DistributedWorld.start({ services, env: { IHALA_SECTORS: 'health' } });
    traces = await Traces.follow(world);
  }, 120_000);
  afterAll(async () => {
    await traces.stop();
    await world.stop();
  }, 60_000);
  /** All of them live side by side. */
  const start = async (): Promise<Installation> => ({
    anybody: world.anybody,
    as: (employee) => world.as(employee),
    tokenOf: (employee) => world.tokenOf(employee),
    settled: () => world.settled(),
    stop: async () => {},
  });

  describe('journeys', () => journeys(start));
  describe('consents', () => consents(start));
  describe('custody', () => custody(start));
  describe('what is asked twice', () => idempotency(start));
  describe('races', () => races(start));

  describe('of all these people', () => {
    /** Who they are, how they are reached, what was written of them. */
    const personal =
      /Aminata|Diallo|Ousmane|Ibrahim|Mina\b|21260000000|1998-04-12|Sixth month|check-up|Both well|Maternité/;
    /** Said in the clear of every case: a search that does not find it finds nothing. */
    const clear = /CaseOpened/;

    it.each(['mongodb', 'kafka'] as const)('nothing is to be read in %s', async (server) => {
      const bytes = await traces[server]();
      expect([personal.test(bytes), clear.test(bytes)]).toEqual([false, true]);
    });

    it('nothing is to be read in the logs of processes', () => {
      const text = traces.logs();
      expect([personal.test(text), /f\.alaoui/.test(text), /"route":"\/v1\/cases"/.test(text)]).toEqual([
        false,
        false,
        true,
      ]);
    });

    it('nothing went to Redis but which service has news, and how often somebody asked', async () => {
      const { said, keys } = await traces.redis();
      expect(said.filter((command) => personal.test(command) || /alaoui/.test(command))).toEqual([]);
      const kinds = [
        /^publish PREFIX:wake:(cases|health|audit) [\da-f-]{36}$/,
        /^subscribe PREFIX:wake:(cases|health|audit)$/,
        /^evalsha [\da-f]{40} 1 PREFIX:limit:[\w-]{22} \d+$/,
        /^eval .* 1 PREFIX:limit:[\w-]{22} \d+$/s,
        /^HMGET PREFIX:limit:[\w-]{22} minute count before$/,
        /^HSET PREFIX:limit:[\w-]{22} minute \d+ count \d+ before \d+$/,
        /^PEXPIRE PREFIX:limit:[\w-]{22} 120000$/,
      ];
      const ours = said.filter((command) => command.includes('PREFIX'));
      expect(ours.filter((command) => !kinds.some((kind) => kind.test(command)))).toEqual([]);
      expect(kinds.filter((kind) => ours.some((command) => kind.test(command))).length).toBeGreaterThan(4);
      for (const key of keys) expect(key).toMatch(/^PREFIX:limit:[\w-]{22}$/);
    });
  });
});
