import type { Equals, JsonObject, RecordedEvent, SealedPart, View, ViewWriter } from '@ihala/event-log';
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

/** One row of the work lists: the referral's own fold, and, still sealed, which service a sensitive one is. */
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
  readonly sealedService?: { readonly id: string; readonly sealed: readonly JsonObject[] };
};

const consentMoves: readonly string[] = ['ConsentConfirmed', 'ConsentWithdrawn', 'ConsentExpired'];

export const referralsView: View<ReferralRow> = {
  name: 'referrals',
  version: 2,
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
    if (consentMoves.includes(event.type)) return keepEnd(event, rows as ViewWriter<JsonObject>);
    const before = await rows.get(event.stream);
    const state = evolve(
      (before?.state ?? initialState) as unknown as ReferralState,
      referralEventOf(event),
    ) as SentReferral;
    rows.put(event.stream, { ...columnsOf(state), ...(sealedServiceOf(event, state) ?? kept(before)) });
  },
};

/** What became of a consent since referrals were sent on it; under its own id, so that no list finds it. */
const endOf = (consentId: string): string => `consent/${consentId}`;

function keepEnd({ type, data }: RecordedEvent, docs: ViewWriter<JsonObject>): void {
  const { consentId, decision, expiresAt } = data as Record<string, string>;
  if (type !== 'ConsentConfirmed') docs.put(endOf(consentId!), { over: true });
  else if (decision === 'given') docs.put(endOf(consentId!), expiresAt === undefined ? {} : { expiresAt });
}

function columnsOf(state: SentReferral): Omit<ReferralRow, 'sealedService'> {
  const { caseId, sender, senderUnit, receiver, receiverUnit, assignee, service, status, overdue, sentAt } = state;
  return {
    ...{ caseId, sender, receiver, service, status, overdue, sentAt },
    ...(senderUnit && { senderUnit }),
    ...(receiverUnit && { receiverUnit }),
    ...(assignee && { assignee }),
    state: state as unknown as JsonObject,
  };
}

const kept = (before: ReferralRow | undefined) => before?.sealedService && { sealedService: before.sealedService };

function sealedServiceOf(event: RecordedEvent, state: SentReferral): Pick<ReferralRow, 'sealedService'> | undefined {
  if (event.type !== 'ReferralSent' || !isMasked(state)) return undefined;
  const sealed = (event.sealed ?? []).filter((part) => part.class.startsWith('texts-'));
  return { sealedService: { id: event.id, sealed: sealed as unknown as readonly JsonObject[] } };
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
    const sealed = rows.map(({ sealedService }) => sealedService as { id: string; sealed: SealedPart[] } | undefined);
    const opened = await this.reader.contents(
      sealed.map((event) => (event ?? { id: '', sealed: [] }) as unknown as RecordedEvent),
      () => ['texts'],
    );
    return Promise.all(
      rows.map(async ({ state }, index) => {
        const referral = state as unknown as SentReferral;
        const code = opened[index]?.['texts']?.['service'] as string | undefined;
        const outline = this.sight.outline(call, referral, await this.isConsented(referral, call.receivedAt));
        const facts = this.representations.facts(referral, call, outline);
        return { ...facts, service: outline.texts && code ? code : referral.service };
      }),
    );
  }

  /** As far as this view has come. It is not looked up for a row that says nothing which hangs on it. */
  private async isConsented(referral: SentReferral, now: string): Promise<boolean> {
    const { consentId, consentExpiresAt, steps, status } = referral;
    if (!isMasked(referral) && steps.length === 0 && status !== 'on-hold') return true;
    const moved = await this.views.get(referralsView as unknown as View<JsonObject>, endOf(consentId));
    if (moved?.['over']) return false;
    const end = moved ? (moved['expiresAt'] as string | undefined) : consentExpiresAt;
    return end === undefined || end > now;
  }
}
