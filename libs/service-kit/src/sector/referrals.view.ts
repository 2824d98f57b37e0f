import type { Equals, JsonObject, RecordedEvent, View, ViewWriter } from '@ihala/event-log';
import { ViewStore } from '@ihala/event-log';
import { evolve, initialState, type ReferralState, type SentReferral } from '@ihala/referral';
import { Inject, Injectable } from '@nestjs/common';
import { referralEvents } from '@ihala/contracts';
import { EventReader } from '../events.js';
import type { Call } from '../http/call.js';
import { Cursors } from '../http/paging.js';
import { unitsOf } from '../http/units.js';
import type { Catalogue } from './catalogue.js';
import { CATALOGUE, isMasked, referralEventOf } from './referral-record.js';
import { ReferralRepresentations } from './referral.representation.js';
import { ReferralSight } from './referral-sight.js';

/**
 * One row of the work lists: the referral's own fold; until when the consent stands that it rests on, with none of that once
 * it is over; and, still sealed, which service a sensitive one is until then.
 */
type ReferralRow = {
  readonly caseId: string;
  readonly sender: string;
  readonly senderUnit?: string;
  readonly receiver: string;
  readonly receiverUnit?: string;
  readonly assignee?: string;
  readonly service: string;
  readonly status: string;
  readonly overdue: boolean;
  readonly sentAt: string;
  readonly state: JsonObject;
  readonly consent?: { readonly until?: string };
  readonly sealedService?: { readonly id: string; readonly sealed: readonly JsonObject[] };
};

const consentMoves: readonly string[] = ['ConsentConfirmed', 'ConsentWithdrawn', 'ConsentExpired'];

export const referralsView: View<ReferralRow> = {
  name: 'referrals',
  // rows of earlier versions have no `consent`: while they are read, it is taken to be over
  version: 3,
  handles: [...Object.keys(referralEvents), ...consentMoves],
  indexes: [
    ['sender', 'sentAt'],
    ['sender', 'senderUnit', 'sentAt'],
    ['sender', 'status', 'sentAt'],
    ['receiver', 'sentAt'],
    ['receiver', 'receiverUnit', 'sentAt'],
    ['receiver', 'status', 'sentAt'],
    ['receiver', 'assignee', 'sentAt'],
    ['caseId', 'sentAt'],
  ],
  async fold(event: RecordedEvent, rows: ViewWriter<ReferralRow>): Promise<void> {
    if (consentMoves.includes(event.type)) return foldConsent(event, rows);
    const before = await rows.get(event.stream);
    const state = evolve(
      (before?.state ?? initialState) as unknown as ReferralState,
      referralEventOf(event),
    ) as SentReferral;
    rows.put(event.stream, { ...columnsOf(state), ...(before ? kept(before) : begun(event, state)) });
    if (!before) await keepResting(state.consentId, event.stream, rows);
  },
};

/** The referrals that rest on a consent; under its own id, so that no list finds it. */
type Resting = { readonly referrals: readonly string[] };
const restingOn = (consentId: string): string => `consent/${consentId}`;

async function keepResting(consentId: string, stream: string, rows: ViewWriter<ReferralRow>): Promise<void> {
  const docs = rows as unknown as ViewWriter<Resting>;
  const before = await docs.get(restingOn(consentId));
  docs.put(restingOn(consentId), { referrals: [...(before?.referrals ?? []), stream] });
}

/** Each referral hears of its consent's end in its own row, whatever became of it, so that lists need not ask. */
async function foldConsent({ type, data }: RecordedEvent, rows: ViewWriter<ReferralRow>): Promise<void> {
  const { consentId, decision, expiresAt } = data as Record<string, string>;
  if (type === 'ConsentConfirmed' && decision !== 'given') return;
  const resting = await (rows as unknown as ViewWriter<Resting>).get(restingOn(consentId!));
  if (!resting) return;
  for (const stream of resting.referrals) {
    const { consent: _, sealedService, ...row } = (await rows.get(stream))!;
    rows.put(stream, type === 'ConsentConfirmed' ? { ...row, ...standing(expiresAt, sealedService) } : row);
  }
  if (type !== 'ConsentConfirmed') rows.delete(restingOn(consentId!));
}

type Standing = Pick<ReferralRow, 'consent' | 'sealedService'>;
const standing = (until: string | undefined, sealedService: ReferralRow['sealedService']): Standing => ({
  consent: until === undefined ? {} : { until },
  ...(sealedService && { sealedService }),
});

const kept = ({ consent, sealedService }: ReferralRow): Standing => ({
  ...(consent && { consent }),
  ...(sealedService && { sealedService }),
});

function begun({ id, sealed = [] }: RecordedEvent, state: SentReferral): Standing {
  const texts = sealed.filter((part) => part.class.startsWith('texts-')) as unknown as readonly JsonObject[];
  return standing(state.consentExpiresAt, isMasked(state) ? { id, sealed: texts } : undefined);
}

function columnsOf(state: SentReferral): Omit<ReferralRow, keyof Standing> {
  const { caseId, sender, senderUnit, receiver, receiverUnit, assignee, service, status, overdue, sentAt } = state;
  return {
    ...{ caseId, sender, receiver, service, status, overdue, sentAt },
    ...(senderUnit && { senderUnit }),
    ...(receiverUnit && { receiverUnit }),
    ...(assignee && { assignee }),
    state: state as unknown as JsonObject,
  };
}

export interface ReferralListQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly direction?: 'incoming' | 'outgoing';
  readonly status?: string;
  readonly overdue?: boolean;
  readonly caseId?: string;
  readonly service?: string;
  readonly unit?: string;
  readonly assignee?: string;
}

const ends = { incoming: ['receiver', 'receiverUnit'], outgoing: ['sender', 'senderUnit'] } as const;

/** Work lists: codes only, never who the person is. */
@Injectable()
export class ReferralList {
  constructor(
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    private readonly views: ViewStore,
    private readonly cursors: Cursors,
    private readonly reader: EventReader,
    private readonly representations: ReferralRepresentations,
    private readonly sight: ReferralSight,
  ) {}

  async page(call: Call, { limit, cursor, ...filters }: ReferralListQuery): Promise<object> {
    const list = `${this.catalogue.sector}/${call.caller.agency}/${call.caller.subject}/${JSON.stringify(filters)}`;
    const found = await this.views.find(referralsView, {
      anyOf: this.alternatives(call, filters),
      sort: { field: 'sentAt', direction: 'desc' },
      after: this.cursors.decode(list, cursor),
      limit,
    });
    const items = await this.items(
      call,
      found.items.map(({ doc }) => doc),
    );
    // A sensitive service is filtered after unsealing; such a page may be short, and `next` leads on.
    const wanted = items.filter((item) => !filters.service || item.service === filters.service);
    return { items: wanted, next: this.cursors.encode(list, found.end) };
  }

  private alternatives(call: Call, filters: Omit<ReferralListQuery, 'limit' | 'cursor'>): Equals<ReferralRow>[] {
    const { direction, service, unit, assignee, ...equals } = filters;
    const stored = service && this.catalogue.services[service]?.sensitive ? this.catalogue.sector : service;
    const sides = direction ? [ends[direction]] : Object.values(ends);
    return sides.flatMap(([agency, unitField]) =>
      unitsOf(call.caller, unit).map((only) => ({
        [agency]: call.caller.agency,
        ...(only && { [unitField]: only }),
        ...equals,
        ...(stored && { service: stored }),
        ...(assignee && { assignee: assignee === 'me' ? call.caller.subject : assignee }),
      })),
    );
  }

  private async items(call: Call, rows: readonly ReferralRow[]) {
    const outlines = rows.map((row) =>
      this.sight.outline(call, row.state as unknown as SentReferral, isConsented(row, call.receivedAt)),
    );
    const told = rows.map(({ sealedService }, index) => (outlines[index]!.texts && sealedService) || nothingSealed);
    const opened = await this.reader.contents(told as unknown as readonly RecordedEvent[], () => ['texts']);
    return rows.map(({ state, service }, index) => ({
      ...this.representations.facts(state as unknown as SentReferral, call, outlines[index]!),
      service: (opened[index]?.['texts']?.['service'] as string | undefined) ?? service,
    }));
  }
}

const nothingSealed = { id: '', sealed: [] };
/** As far as this view has come. */
const isConsented = ({ consent }: ReferralRow, now: string): boolean =>
  consent !== undefined && (consent.until === undefined || consent.until > now);
