import { describe, expect, it } from '@jest/globals';
import { published } from '@ihala/event-log/conformance';
import fc from 'fast-check';
import { InOrder } from './in-order.js';

const event = (sequence: number) => published('cases/case-a', sequence + 1, sequence);
const sequences = (events: readonly { readonly sequence: number }[]) => events.map(({ sequence }) => sequence);

describe('events in order', () => {
  it('come out once each, whatever order and however often they come', () => {
    const arrivals = fc
      .integer({ min: 1, max: 40 })
      .chain((count) =>
        fc.tuple(
          fc.constant(count),
          fc.array(fc.array(fc.nat({ max: count - 1 }), { maxLength: 10 }), { maxLength: 20 }),
          fc.shuffledSubarray([...Array(count).keys()], { minLength: count }),
        ),
      );
    fc.assert(
      fc.property(arrivals, ([count, batches, rest]) => {
        const inOrder = new InOrder(0);
        const log: number[] = [];
        for (const batch of [...batches, rest]) {
          const copyable = inOrder.take(batch.map(event));
          for (const sequence of sequences(copyable.events)) {
            expect(sequence).toBeLessThanOrEqual(log.length);
            if (sequence === log.length) log.push(sequence);
          }
          inOrder.accept(copyable);
          expect(inOrder.next).toBe(log.length);
        }
        expect(log).toHaveLength(count);
        expect(inOrder.incomplete).toBe(false);
      }),
    );
  });

  it('hand on what is here already, to be compared', () => {
    expect(sequences(new InOrder(5).take([event(6), event(3), event(5), event(5)]).events)).toEqual([3, 5, 5, 6]);
  });

  it('are the same again when they were not accepted', () => {
    const inOrder = new InOrder(0);
    inOrder.take([event(0), event(2)]);
    expect(inOrder.next).toBe(0);
    expect(sequences(inOrder.take([event(1)]).events)).toEqual([]);
  });

  it('are incomplete while any that was sent is missing, also one that was never seen or had no room', () => {
    const inOrder = new InOrder(0);
    inOrder.accept(inOrder.take([event(0)], 3));
    expect(inOrder.incomplete).toBe(true);
    inOrder.accept(inOrder.take([1, 2, 3].map(event)));
    expect(inOrder.incomplete).toBe(false);
    inOrder.accept(inOrder.take(Array.from({ length: 2000 }, (_, n) => event(n + 5))));
    inOrder.accept(inOrder.take([event(4)]));
    expect(inOrder.next).toBe(1005);
    expect(inOrder.incomplete).toBe(true);
  });
});
