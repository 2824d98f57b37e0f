import { describe, expect, it } from '@jest/globals';
import type { LogState } from '@ihala/event-log-sqlite';
import { forks } from './forks.js';

const log = (service: string, sequence: number, heard: Record<string, number> = {}): LogState => ({
  service,
  version: 1,
  position: 0,
  sequence,
  heard,
});

describe('a set of logs', () => {
  it('fits together when nobody has heard more of a service than it holds itself', () => {
    const cases = log('cases', 7, { health: 3 });
    expect(forks([cases, log('health', 3, { cases: 7 }), log('audit', -1, { cases: 2, health: -1 })])).toEqual([]);
  });

  it('does not fit when somebody has, in whichever direction', () => {
    expect(forks([log('cases', 7, { health: 4 }), log('health', 3, { cases: 8 })])).toEqual([
      'cases has heard health up to 4, whose log ends at 3',
      'health has heard cases up to 8, whose log ends at 7',
    ]);
  });
});
