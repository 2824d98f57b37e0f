import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { endsWithinMs } from './case-journey.js';
import type { Chance } from './chance.js';
import { check, compareViews, type Known } from './checker.js';
import { copyFolder, dropViews, viewDocuments } from './data-folder.js';
import type { Finding } from './finding.js';
import type { Entry } from './ledger.js';
import { Load } from './load.js';
import { type Launch, Server } from './server.js';

/** One data folder, the servers that live on it one after the other, and the load that outlives them. */
export class Trial {
  readonly folder = mkdtempSync(join(tmpdir(), 'ihala-faults-'));
  readonly load: Load;
  readonly #outputs: Buffer[] = [];
  readonly #more: string[] = [];
  #server: Server | undefined;
  #kept = false;

  constructor(
    chance: Chance,
    private readonly launch: Launch = {},
    options: { lanes?: number; onAcknowledged?: (entry: Entry) => void } = {},
  ) {
    this.load = new Load(chance, options);
  }

  get server(): Server {
    return this.#server!;
  }

  /** A next life. @returns false when it ended before it was ready */
  async start(how: Launch = {}): Promise<boolean> {
    this.#server = new Server(this.folder, { ...this.launch, ...how });
    const url = await this.#server.ready();
    if (url !== undefined) await this.load.connect(url);
    return url !== undefined;
  }

  async kill(): Promise<void> {
    await this.server.end('SIGKILL');
    await this.buried();
  }

  /** Once it is dead: what was answered has been read, what was not is in doubt. */
  async buried(): Promise<void> {
    await this.server.exited;
    await pause(5);
    this.load.post.disconnect();
    this.#outputs.push(this.server.output);
  }

  /** Everything wrong in the folder now; if there is something, the folder is kept. */
  check(known: Known = {}): Finding[] {
    const { planted, post } = this.load;
    const output = Buffer.concat(this.#outputs);
    return this.#judged(check(this.folder, { entries: post.ledger.entries, planted, output, ...known }));
  }

  /** Lets everything be answered and stops; then all must be there, everywhere, and the views as if built anew. */
  async settle(): Promise<Finding[]> {
    if (!(await this.start())) return this.#judged([this.#found('start')]);
    await this.load.end();
    // every consent that ends soon has ended
    await pause(endsWithinMs);
    const caughtUp = await this.server.catchesUp();
    const code = await this.server.end('SIGTERM');
    await this.buried();
    if (!caughtUp) return this.#judged([this.#found('behind')]);
    return this.#judged([
      ...(code === 0 ? [] : [this.#found('stop')]),
      ...this.check({ settled: true }),
      ...(await this.#rebuilt()),
    ]);
  }

  /** Leaves all folders for a look. */
  keep(): void {
    this.#kept = true;
  }

  /** A folder beside it, which goes with it. */
  beside(): string {
    const folder = mkdtempSync(join(tmpdir(), 'ihala-faults-'));
    this.#more.push(folder);
    return folder;
  }

  /** Ends what runs. The folders go, unless something was wrong in them. @returns those kept */
  async clear(): Promise<readonly string[]> {
    await this.#server?.end('SIGKILL');
    await this.load.abandon();
    const folders = [this.folder, ...this.#more];
    if (this.#kept) return folders;
    for (const folder of folders) rmSync(folder, { recursive: true });
    return [];
  }

  /** The same log with its views taken away gives the same views. */
  async #rebuilt(): Promise<Finding[]> {
    const copy = this.beside();
    copyFolder(this.folder, copy);
    const before = viewDocuments(copy);
    dropViews(copy);
    this.#server = new Server(copy, this.launch);
    if ((await this.#server.ready()) === undefined) return [this.#found('start')];
    const caughtUp = await this.#server.catchesUp();
    await this.#server.end('SIGTERM');
    if (!caughtUp) return [this.#found('behind')];
    return [...compareViews(before, viewDocuments(copy)), ...check(copy, { settled: true })];
  }

  /** `start`: does not start; `behind`: its views or copies do not catch up; `stop`: does not stop as it should. */
  #found(check: 'start' | 'behind' | 'stop'): Finding {
    return { check, file: this.folder, what: this.server.output.toString().split('\n').slice(-5).join('\n') };
  }

  #judged(findings: Finding[]): Finding[] {
    if (findings.length > 0) this.keep();
    return findings;
  }
}
