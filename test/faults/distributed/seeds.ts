import { setTimeout as pause } from 'node:timers/promises';
import { Chance } from '../chance.js';
import type { Finding } from '../finding.js';
import { Installation } from './installation.js';
import { type Fault, type Plan, planOf, told } from './plan.js';
import type { Servers } from './servers.js';

export interface SeedRun {
  readonly servers: Servers;
  /** the first; then the ones that follow */
  readonly seed: number;
  readonly seeds: number;
  /** told before and after every seed */
  readonly say?: (line: string) => void;
}

export interface SeedReport {
  readonly findings: Finding[];
  /** folders left for a look */
  readonly kept: string[];
  seeds: number;
  acknowledged: number;
}

/** An installation sees so many seeds; then the next one begins, so that checking it again and again stays cheap. */
const seedsOfInstallation = 10;
/** Journeys go on for so long before the first fault and after the last. */
const calmMs = 500;

/** Seed after seed: journeys, faults beside them, then none, and all must be as if nothing had been. Ends at the first finding. */
export async function runSeeds({ servers, seed, seeds, say = () => undefined }: SeedRun): Promise<SeedReport> {
  const report: SeedReport = { findings: [], kept: [], seeds: 0, acknowledged: 0 };
  while (report.seeds < seeds && report.findings.length === 0) {
    const installation = await Installation.start(servers);
    try {
      const last = Math.min(seeds, report.seeds + seedsOfInstallation);
      while (report.seeds < last && report.findings.length === 0) {
        report.findings.push(...(await runSeed(installation, seed + report.seeds, say)));
        report.seeds += 1;
      }
      if (report.findings.length === 0) report.findings.push(...(await installation.rebuild()));
      report.acknowledged += installation.acknowledged;
    } finally {
      report.kept.push(...(await installation.clear()));
    }
  }
  return report;
}

async function runSeed(installation: Installation, seed: number, say: (line: string) => void): Promise<Finding[]> {
  const chance = new Chance(seed, ['distributed']);
  const plan = planOf(chance);
  say(`seed ${seed}: ${told(plan)}`);
  const began = Date.now();
  await installation.load(chance.of('load'));
  await pause(calmMs);
  await carryOut(plan, installation);
  await pause(calmMs);
  const findings = await installation.settle();
  const seconds = Math.round((Date.now() - began) / 1000);
  const { acknowledged, waitedFor } = installation;
  say(`seed ${seed}: ${acknowledged} acknowledged in this installation, ${seconds} s, last for ${waitedFor}`);
  return findings;
}

/** Does all that is planned, each series by itself, and ends with nothing wrong any more. */
async function carryOut(plan: Plan, installation: Installation): Promise<void> {
  await Promise.all(
    plan.map(async (faults) => {
      for (const fault of faults) {
        await pause(fault.afterMs);
        await suffer(fault, installation);
      }
    }),
  );
}

async function suffer(fault: Fault, installation: Installation): Promise<void> {
  const { servers, cluster } = installation;
  const wait = () => pause(fault.forMs);
  switch (fault.fault) {
    case 'weather': {
      const proxy = servers.proxy(fault.way);
      proxy.weather = fault.weather;
      await wait();
      proxy.weather = { kind: 'fair' };
      return;
    }
    case 'kill-server': {
      const server = fault.server === 'mongodb' ? await servers.primary() : servers[fault.server];
      await server.kill();
      await wait();
      return server.restart();
    }
    case 'freeze': {
      const replica = cluster.replicasOf(fault.service)[fault.nth];
      replica?.signal('SIGSTOP');
      await wait();
      return replica?.signal('SIGCONT');
    }
    case 'kill':
    case 'kill-all': {
      const running = cluster.replicasOf(fault.service);
      const killed = fault.fault === 'kill' ? running.slice(fault.nth, fault.nth + 1) : running;
      await Promise.all(killed.map((replica) => replica.end('SIGKILL')));
      await wait();
      await Promise.all(killed.map(() => installation.add(fault.service)));
    }
  }
}
