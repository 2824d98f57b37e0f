import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Rush, ViewRunner } from '../index.js';
import { push, type Engine, type MakeEngine, type OpenedService } from './engine.js';
import { tally } from './views.js';

const CASE = 'cases/case-a';

/** Views for those who wait for them. */
export function freshViewConformance(makeEngine: MakeEngine): void {
  describe('views that somebody waits for', () => {
    let engine: Engine;
    let service: OpenedService;
    let runner: ViewRunner;

    beforeEach(async () => {
      engine = await makeEngine();
      service = await engine.open('cases');
    });
    afterEach(async () => {
      await runner.stop();
      await engine.destroy();
    });
    const run = async (view = tally(), rush = new Rush()) => {
      runner = new ViewRunner(service.log, service.views, [view], { onError: () => {}, rush });
      await runner.start();
    };

    it('hold all that the log does, in a rush too', async () => {
      const rush = new Rush();
      let end = () => {};
      const ended = new Promise<void>((resolve) => (end = resolve));
      const commands = [1, 2].map(() => rush.during(() => ended));
      await run(tally(), rush);
      for (let n = 1; n <= 20; n++) {
        await push(service.log, CASE, 'NoteAdded');
        await runner.refresh(tally(), 60_000);
        expect((await service.views.get(tally(), CASE))?.count).toBe(n);
      }
      end();
      await Promise.all(commands);
    });

    it('are not waited for for ever, nor while they are built, nor when others fold them', async () => {
      await push(service.log, CASE, 'NoteAdded');
      await run({ ...tally(), fold: () => Promise.reject(new Error('cannot fold')) });
      await runner.refresh(tally(), 600_000);
      await runner.refresh({ ...tally(), name: 'another' }, 600_000);
      await runner.stop();
      let broken = false;
      const folding = tally();
      await run({
        ...folding,
        fold: (entry, docs) => (broken ? Promise.reject(new Error('cannot fold')) : folding.fold(entry, docs)),
      });
      await runner.caughtUp(1);
      broken = true;
      await push(service.log, CASE, 'NoteAdded');
      await runner.refresh(tally(), 20);
      expect((await service.views.get(tally(), CASE))?.count).toBe(1);
    });
  });
}
