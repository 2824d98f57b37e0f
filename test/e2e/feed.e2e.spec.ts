import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, eventually } from './client.js';
import { auditorOfCndp, auditorOfSante, doctorBennis, fatima, karim, nadia, officer } from './people.js';
import { build, ServerProcess } from './server-process.js';
import { handedOver, move, opened, sent } from './stories.js';
import { newFolder, World } from './world.js';

let world: World;
let entraide: Client, oim: Client, sante: Client;
beforeAll(async () => {
  world = await World.start();
  [entraide, oim, sante] = (await Promise.all([fatima, karim, nadia].map((employee) => world.as(employee)))) as [
    Client,
    Client,
    Client,
  ];
}, 60_000);
afterAll(() => world.stop());

/** Everything from `after` on, and where that ends. */
async function polled(by: Client, after?: string) {
  const items: Record<string, unknown>[] = [];
  for (let next = after; ;) {
    const page = await by.get(`/v1/feed?limit=3${next === undefined ? '' : `&after=${next}`}`);
    expect(page.outcome).toBe('200');
    next = page.next!;
    items.push(...page.items);
    if (page.items.length === 0) return { items, next };
  }
}

describe('the feed', () => {
  it('has a referral within moments, for its receiver and its sender, and each move of it for both', async () => {
    const [before, own] = [await polled(sante), await polled(entraide)];
    const { caseId, consentId, referralId } = await sent(entraide);
    const of = { source: 'health', caseId, referralId, service: 'health' };
    await eventually(async () => {
      expect((await polled(sante, before.next)).items).toMatchObject([{ ...of, type: 'ReferralSent' }]);
    });
    await move(sante, referralId, 'acceptance', { note: 'Come.' });
    const [toReceiver, toSender] = await eventually(async () => {
      const both = [await polled(sante, before.next), await polled(entraide, own.next)] as const;
      expect(both.map(({ items }) => items.at(-1)!['type'])).toEqual(['ReferralAccepted', 'ReferralAccepted']);
      return both;
    });
    expect(toReceiver.items).toHaveLength(2);
    expect(toSender.items.map(({ type }) => type)).toEqual([
      'CaseOpened',
      'ConsentRecorded',
      'ReferralSent',
      'ReferralAccepted',
    ]);
    expect(toSender.items.map((item) => item['consentId'])).toEqual([undefined, consentId, consentId, undefined]);
    const told = JSON.stringify([toReceiver, toSender]);
    expect(told).not.toMatch(/Aminata|Diallo|maternal|Come\.|check-up|Oujda|1998/);
    expect(JSON.stringify(toReceiver)).not.toContain(consentId);
  });

  it('is for those who work on cases and referrals', async () => {
    for (const someone of [
      auditorOfCndp,
      auditorOfSante,
      officer,
      { ...karim, roles: ['administrator', 'statistician'] },
    ]) {
      expect((await (await world.as(someone)).get('/v1/feed')).outcome).toBe('403 access.forbidden');
    }
    expect((await world.anybody.get('/v1/feed')).outcome).toBe('401 token.missing');
    expect((await (await world.as(doctorBennis)).get('/v1/feed')).outcome).toBe('200');
  });

  it('refuses what is not a place in it', async () => {
    const { next } = await sante.get('/v1/feed');
    const { next: others } = await entraide.get('/v1/feed');
    const cursor = (await entraide.get('/v1/cases?limit=1')).next;
    for (const after of ['0', 'x.y', others, cursor, '']) {
      const answer = await sante.get(`/v1/feed?after=${after}`);
      expect([after, answer.outcome]).toEqual([after, '400 request.invalid']);
      expect(answer.body['errors']).toMatchObject([{ path: 'after' }]);
    }
    for (const query of ['limit=0', 'limit=201', 'cursor=x', 'agency=oim']) {
      expect((await sante.get(`/v1/feed?${query}`)).outcome).toBe('400 request.invalid');
    }
    expect((await sante.get(`/v1/feed?after=${next}`)).outcome).toBe('200');
    expect((await (await world.as(doctorBennis)).get(`/v1/feed?after=${next}`)).outcome).toBe('200');
  });

  it('stops at the handover for the old custodian, and begins there for the new one', async () => {
    const [old, now] = [await polled(entraide), await polled(oim)];
    const caseId = await opened(entraide);
    await handedOver(entraide, oim, caseId, 'oim');
    expect((await oim.post(`/v1/cases/${caseId}/notes`, { text: 'Called.' })).outcome).toBe('200');
    await eventually(async () => {
      expect((await polled(oim, now.next)).items.map(({ type }) => type)).toEqual([
        'TransferProposed',
        'TransferAccepted',
        'NoteAdded',
      ]);
    });
    expect((await polled(entraide, old.next)).items.map(({ type }) => type)).toEqual([
      'CaseOpened',
      'ConsentRecorded',
      'TransferProposed',
      'TransferAccepted',
    ]);
  });

  it('goes on after a restart, from where its reader was', async () => {
    build();
    const folder = newFolder();
    const server = await ServerProcess.start(folder, 'error');
    try {
      const by = await server.as(fatima);
      await opened(by);
      const before = await eventually(async () => {
        const all = await polled(by);
        expect(all.items).toHaveLength(1);
        return all;
      });
      await server.end('SIGKILL');
      const again = await ServerProcess.start(folder, 'error');
      try {
        const later = await again.as(fatima);
        expect((await polled(later, before.next)).items).toEqual([]);
        const caseId = await opened(later);
        await eventually(async () =>
          expect((await polled(later, before.next)).items).toMatchObject([{ type: 'CaseOpened', caseId }]),
        );
        expect((await polled(later)).items[0]).toEqual(before.items[0]);
      } finally {
        await again.end('SIGKILL');
      }
    } finally {
      await server.end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  }, 150_000);
});
