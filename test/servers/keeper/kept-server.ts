import { setTimeout as sleep } from 'node:timers/promises';
import type { Deed } from '../protocol.js';
import type { Instance, Recipe } from './instance.js';

const PATIENCE_MS = 90_000;

/** A server and what may be done to it. */
export class KeptServer {
  constructor(
    readonly recipe: Recipe,
    private readonly instance: Instance,
  ) {}

  get pid(): number | undefined {
    return this.instance.pid;
  }

  /** Until it does its work. @throws Error with its last words */
  async start(): Promise<void> {
    await this.instance.start();
    for (const end = performance.now() + PATIENCE_MS; !(await this.recipe.ready().catch(() => false));) {
      const why = this.pid === undefined ? 'ended' : performance.now() > end ? 'was not ready in time' : undefined;
      if (why) throw new Error(`a server ${why}: ${await this.instance.output()}`);
      await sleep(25);
    }
  }

  async do(deed: Deed): Promise<void> {
    switch (deed) {
      case 'kill':
        return this.instance.end('SIGKILL');
      case 'restart':
        await this.instance.thaw();
        await this.instance.end('SIGTERM');
        return this.start();
      case 'freeze':
        return this.instance.freeze();
      case 'thaw':
        return this.instance.thaw();
      case 'stop':
        return this.instance.remove();
      default:
        return deed satisfies never;
    }
  }
}
