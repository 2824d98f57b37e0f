import { describe, expect, it } from '@jest/globals';
import type { CaseEvent } from '@ihala/case-file';
import { caseEventTypes } from '@ihala/case-file';
import { type caseEvents, operationsEvents, referralEvents } from '@ihala/contracts';
import type { ReferralEvent } from '@ihala/referral';
import type { z } from 'zod';
import { summarisedTypes } from './summaries.js';

type Data<Event extends { type: string; data: object }> = { [E in Event as E['type']]: E['data'] };
type Published<Schemas extends Record<string, { data: z.ZodType }>> = {
  [Type in keyof Schemas]: z.infer<Schemas[Type]['data']>;
};
/** These compile only when what is published can be folded, and every event of the one is an event of the other. */
const folds = <Domain, Schemas extends Domain>(_?: [Domain, Schemas]): true => true;
const sameTypes = <A extends PropertyKey, B extends A>(_?: A extends B ? [A, B] : never): true => true;

describe('the domain and the published language', () => {
  it('agree on what every event says', () => {
    expect([
      folds<Data<ReferralEvent>, Published<typeof referralEvents>>(),
      folds<Data<CaseEvent>, Omit<Published<typeof caseEvents>, 'ReferenceTaken'>>(),
      sameTypes<ReferralEvent['type'], keyof typeof referralEvents>(),
      sameTypes<CaseEvent['type'] | 'ReferenceTaken', keyof typeof caseEvents>(),
    ]).toEqual([true, true, true, true]);
  });

  it('has a summary in three languages for everything that can stand in a timeline', () => {
    const published = [...caseEventTypes, ...Object.keys({ ...referralEvents, ...operationsEvents })].toSorted();
    expect([...summarisedTypes].toSorted()).toEqual(published);
  });
});
