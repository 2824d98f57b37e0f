import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject, Page, PageEnd, RecordedEvent, Scalar, View, ViewQuery } from '../index.js';
import { published, SEED, type Engine, type MakeEngine, type OpenedService } from './engine.js';

type Referral = {
  readonly agency: string;
  readonly unit?: string;
  readonly overdue: boolean;
  readonly sentAt?: string;
  readonly days: number;
  readonly service: string;
};
type Documents = { readonly [id: string]: Referral };

/** Replaces all documents by those in the event. */
const REFERRALS: View<Referral> = {
  name: 'referrals',
  version: 1,
  handles: ['CaseOpened'],
  indexes: [['agency', 'sentAt'], ['agency', 'overdue', 'sentAt'], ['unit', 'days'], ['sentAt'], ['agency', 'overdue']],
  fold({ data }, docs) {
    for (const id of data['gone'] as string[]) docs.delete(id);
    for (const [id, doc] of Object.entries(data['documents'] as unknown as Documents)) docs.put(id, doc);
  },
};

const agency = fc.constantFrom('oim', 'hcr', 'sante');
const unit = fc.constantFrom('oim/oujda', 'hcr/rabat');
const text = fc.oneof(fc.constantFrom('2026-11-20', '2026-11-21', '', '\0', 'é', '\u{10000}', '\uffff'), wellFormed(3));
const days = fc.oneof(fc.integer({ min: -3, max: 12 }), fc.maxSafeInteger());
const direction = fc.constantFrom('asc' as const, 'desc' as const);

const referral: fc.Arbitrary<Referral> = fc.record(
  { agency, unit, overdue: fc.boolean(), sentAt: text, days, service: fc.constantFrom('school', 'care') },
  { requiredKeys: ['agency', 'overdue', 'days', 'service'] },
);
const documents = fc.dictionary(
  fc.oneof(wellFormed(2), fc.uuid()).filter((id) => id !== '__proto__'),
  referral,
);

function wellFormed(maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: 'binary', maxLength }).filter((candidate) => candidate.isWellFormed());
}

/** Queries that a declared index serves: by agency or all, over time; by unit over days; by agency, late ones first. */
const bySentAt = fc.record({
  anyOf: fc.array(
    fc.oneof(
      fc.record({ agency, overdue: fc.boolean(), service: fc.constant('care') }, { requiredKeys: ['agency'] }),
      fc.constant({}),
    ),
    { maxLength: 3 },
  ),
  range: fc.option(
    fc.record({ field: fc.constant('sentAt' as const), from: text, to: text }, { requiredKeys: ['field'] }),
    { nil: undefined },
  ),
  sort: fc.record({ field: fc.constant('sentAt' as const), direction }),
  limit: fc.integer({ min: 1, max: 4 }),
});
const byDays = fc.record({
  anyOf: fc.array(fc.record({ unit }), { maxLength: 3 }),
  range: fc.option(
    fc.record({ field: fc.constant('days' as const), from: days, to: days }, { requiredKeys: ['field'] }),
    { nil: undefined },
  ),
  sort: fc.record({ field: fc.constant('days' as const), direction }),
  limit: fc.integer({ min: 1, max: 4 }),
});
const byOverdue = fc.record({
  anyOf: fc.array(fc.record({ agency, overdue: fc.boolean() }, { requiredKeys: ['agency'] }), { maxLength: 2 }),
  sort: fc.record({ field: fc.constant('overdue' as const), direction }),
  limit: fc.integer({ min: 1, max: 4 }),
});
const query: fc.Arbitrary<ViewQuery<Referral>> = fc.oneof(bySentAt, byDays, byOverdue);

/** What a query means, said in the simplest way: filter, sort, cut. */
function naive(all: Documents, { anyOf, range, sort, after, limit }: ViewQuery<Referral>): Page<Referral> {
  const sign = sort.direction === 'asc' ? 1 : -1;
  const beyond = (id: string, doc: Referral, end: PageEnd) =>
    sign * (compare(doc[sort.field]!, end.value) || compare(id, end.id)) > 0;
  const items = Object.entries(all)
    .map(([id, doc]) => ({ id, doc }))
    .filter(({ doc }) => doc[sort.field] !== undefined)
    .filter(({ doc }) =>
      anyOf.some((equals) => Object.entries(equals).every(([field, value]) => doc[field as keyof Referral] === value)),
    )
    .filter(({ doc }) => range?.from === undefined || compare(doc[range.field]!, range.from) >= 0)
    .filter(({ doc }) => range?.to === undefined || compare(doc[range.field]!, range.to) <= 0)
    .filter(({ id, doc }) => after === undefined || beyond(id, doc, after))
    .sort((a, b) => sign * (compare(a.doc[sort.field]!, b.doc[sort.field]!) || compare(a.id, b.id)));
  const last = items[limit - 1];
  if (items.length <= limit || last === undefined) return { items };
  return { items: items.slice(0, limit), end: { value: last.doc[sort.field]!, id: last.id } };
}

/** By code point, as UTF-8 bytes are; JavaScript compares UTF-16 units. */
function compare(a: Scalar, b: Scalar): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  return Number(a) - Number(b);
}

/** What `find` answers, against a model that cannot be wrong. */
export function viewQueryConformance(makeEngine: MakeEngine): void {
  describe(`view queries (IHALA_SEED=${SEED})`, () => {
    let engine: Engine;
    let service: OpenedService;
    let present: Documents = {};
    let checkpoint = 0;

    beforeAll(async () => {
      engine = await makeEngine();
      service = await engine.open('cases');
      await service.views.declare([REFERRALS]);
    });
    afterAll(() => engine.destroy());

    const replaceAll = async (next: Documents) => {
      const data = { gone: Object.keys(present), documents: next as unknown as JsonObject };
      const replaced: RecordedEvent = { ...published('cases/x', 1, 0, data), position: checkpoint + 1 };
      await service.views.advance(REFERRALS, checkpoint, checkpoint + 1, [replaced]);
      present = next;
      checkpoint++;
    };

    it('answers pages as the model does', async () => {
      const property = fc.asyncProperty(
        documents,
        fc.array(query, { minLength: 1, maxLength: 6 }),
        async (all, queries) => {
          await replaceAll(all);
          for (let asked of queries) {
            for (;;) {
              const page = await service.views.find(REFERRALS, asked);
              expect(page).toEqual(naive(all, asked));
              if (page.end === undefined) break;
              asked = { ...asked, after: page.end };
            }
          }
        },
      );
      await fc.assert(property, { seed: SEED, numRuns: 250 });
    });

    it('pages on from a cursor whose document is gone', async () => {
      const doc = (n: number): Referral => ({
        agency: 'oim',
        overdue: false,
        sentAt: `2026-11-2${n}`,
        days: 1,
        service: 'care',
      });
      await replaceAll({ a: doc(1), b: doc(2), c: doc(3) });
      const asked: ViewQuery<Referral> = {
        anyOf: [{ agency: 'oim' }],
        sort: { field: 'sentAt', direction: 'desc' },
        limit: 2,
      };
      const { end } = await service.views.find(REFERRALS, asked);
      expect(end).toEqual({ value: '2026-11-22', id: 'b' });
      await replaceAll({ a: doc(1), c: doc(3) });
      expect((await service.views.find(REFERRALS, { ...asked, after: end })).items.map(({ id }) => id)).toEqual(['a']);
    });

    it.each<[string, Partial<ViewQuery<Referral>>]>([
      ['a sort without an index', { sort: { field: 'service', direction: 'asc' } }],
      ['equalities of which none leads the index', { anyOf: [{ overdue: true }] }],
      ['a range on another field than the sort', { range: { field: 'days', from: 1 } }],
      ['one alternative of two without an index', { anyOf: [{ agency: 'oim' }, { unit: 'oim/oujda' }] }],
    ])('refuses %s', async (_, part) => {
      const asked: ViewQuery<Referral> = {
        anyOf: [{ agency: 'oim' }],
        sort: { field: 'sentAt', direction: 'asc' },
        limit: 1,
        ...part,
      };
      await expect(service.views.find(REFERRALS, asked)).rejects.toThrow('no index serves');
    });

    it.each([0, -1, 1.5, NaN])('refuses limit %p', async (limit) => {
      const asked: ViewQuery<Referral> = { anyOf: [{}], sort: { field: 'sentAt', direction: 'asc' }, limit };
      await expect(service.views.find(REFERRALS, asked)).rejects.toThrow(RangeError);
    });
  });
}
