import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { asSource, DirectObserver, type LogHead, type NewEvent, type Observer } from '@ihala/event-log';
import { openSqliteService, type SqliteService } from '@ihala/event-log-sqlite';
import { type Problem, SourceCopies } from '@ihala/service-kit';

const opened: NewEvent = {
  id: '01920000-0000-7000-8000-000000000001',
  type: 'CaseOpened',
  schemaVersion: 1,
  occurredAt: '2026-03-02T09:00:00.000Z',
  actor: { agency: 'oim', subject: 'oim-1', role: 'caseworker' },
  correlationId: 'c',
  causationId: 'c',
  data: {},
};

describe('a refusal that rests on copied facts', () => {
  let cases: SqliteService;
  let health: SqliteService;
  let observer: Observer;
  let copies: SourceCopies;
  /** while set, the source seems to have nothing newer */
  let silence: LogHead | undefined;

  beforeEach(() => {
    cases = openSqliteService(':memory:', 'cases');
    health = openSqliteService(':memory:', 'health');
    silence = undefined;
    const source = asSource(cases.log);
    observer = new DirectObserver(
      health.log,
      {
        ...source,
        head: async () => silence ?? source.head(),
        readOwn: (range) => (silence ? source.readOwn({ ...range, limit: 0 }) : source.readOwn(range)),
      },
      { onError: () => undefined, pollMs: 20 },
    );
    copies = new SourceCopies(new Map([['cases', observer]]), 100);
    observer.start();
  });
  afterEach(async () => {
    await observer.stop();
    await Promise.all([cases.close(), health.close()]);
  });

  const append = () => cases.log.append({ writes: [{ stream: 'cases/case-1', expectedVersion: 0, events: [opened] }] });

  it('waits until everything up to the request has been heard', async () => {
    await append();
    await copies.requireUpTo('cases', new Date().toISOString());
    expect(await health.log.lastPosition()).toBe(1);
  });

  it('is not given while the source has not been heard: 503, to be asked again', async () => {
    silence = { sequence: -1, at: '2026-03-02T08:00:00.000Z' };
    await append();
    const answer = copies.requireUpTo('cases', new Date().toISOString());
    await expect(answer).rejects.toMatchObject({
      status: 503,
      code: 'service.catching-up',
      extras: { retryAfterSeconds: 1 },
    } satisfies Partial<Problem>);
    silence = undefined;
    await copies.requireUpTo('cases', new Date().toISOString());
    expect(await health.log.lastPosition()).toBe(1);
  });
});
