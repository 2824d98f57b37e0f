import { setTimeout as pause } from 'node:timers/promises';
import type { Chance } from '../chance.js';
import type { Finding } from '../finding.js';
import { clocksApart } from './clocks-apart.js';
import { Installation } from './installation.js';
import { killBeforeInserted, killBeforeSent, killBetweenCommitAndCopy } from './moments.js';
import type { Servers } from './servers.js';
import { viewOvertaken } from './view-overtaken.js';

export interface TrialRun {
  readonly servers: Servers;
  readonly chance: Chance;
  /** the built product: this one, or a copy of it with a fault put in */
  readonly product?: string;
}

export interface TrialOutcome {
  readonly findings: Finding[];
  /** folders left for a look */
  readonly kept: readonly string[];
}

/** A fault at the one moment at which it matters most: not left to chance. */
export type Trial = (run: TrialRun) => Promise<TrialOutcome>;

/** Journeys while something is done to an installation, which then has to settle. */
const installed =
  (work: (installation: Installation, chance: Chance) => Promise<Finding[]>, options = {}): Trial =>
  async ({ servers, chance, product }) => {
    const installation = await Installation.start(servers, { ...options, ...(product && { product }) });
    try {
      const findings = await work(installation, chance);
      if (findings.length > 0) installation.keep();
      return { findings, kept: await installation.clear() };
    } catch (error) {
      await installation.clear();
      throw error;
    }
  };

export const trials = {
  /** the relay is killed with its events in its hand */
  relay: installed(
    async (installation, chance) => {
      await installation.load(chance);
      await killBeforeSent(installation, 'cases');
      await installation.add('cases');
      await pause(500);
      return installation.settle();
    },
    { replicas: 1 },
  ),
  /** a copy is cut off just when the broker has confirmed how far it has been read */
  observer: installed(
    async (installation, chance) => {
      await installation.load(chance);
      await killBetweenCommitAndCopy(installation, { reader: 'audit', source: 'cases' });
      await installation.add('audit');
      return installation.settle();
    },
    { replicas: 1 },
  ),
  /** a commit breaks off between its counter and its events, and others follow */
  commit: installed(
    async (installation, chance) => {
      await installation.load(chance);
      await pause(500);
      await killBeforeInserted(installation, 'cases');
      await installation.add('cases');
      await pause(1000);
      const findings = await installation.check();
      return findings.length > 0 ? findings : installation.settle();
    },
    { replicas: 1 },
  ),
  /** all processes are killed in the middle of their work, two of each service */
  crash: installed(async (installation, chance) => {
    await installation.load(chance);
    await pause(chance.between(1500, 3000));
    await Promise.all(installation.services.map((service) => installation.kill(service)));
    return installation.check();
  }),
  clock: installed(clocksApart, { replicas: 1, services: ['cases'] }),
  view: viewOvertaken,
} satisfies Record<string, Trial>;
