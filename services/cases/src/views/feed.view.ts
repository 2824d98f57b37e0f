import { caseEventTypes, caseStream } from '@ihala/case-file';
import { operationsEvents, referralEvents } from '@ihala/contracts';
import {
  type Equals,
  type JsonObject,
  type RecordedEvent,
  type View,
  ViewStore,
  type ViewWriter,
} from '@ihala/event-log';
import { Authorisation, type Call, Cursors, referralIn, Service, unitsOf } from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';

type Office = { readonly agency: string; readonly unit?: string };
/** Who is party to a case or a referral after its last event. */
type Parties = {
  /** the custodian of a case, the sender of a referral: alone knows which consent it is about */
  readonly owner: Office;
  /** the receiver of a referral */
  readonly receiver?: Office;
  /** to whom custody is offered: may know of that, and of nothing else in the case */
  readonly offer?: { readonly transferId: string; readonly to: Office };
  /** of a referral; the sector's name when the service is sensitive */
  readonly service?: string;
};

/** One event, once for each agency and each unit that may know of it; or the parties of a stream, which no query finds. */
type FeedDocument = {
  readonly audience?: string;
  readonly position?: number;
  readonly source?: string;
  readonly item?: JsonObject;
  readonly parties?: Parties;
};

export const feedView: View<FeedDocument> = {
  name: 'feed',
  version: 2,
  handles: [...caseEventTypes, ...Object.keys(referralEvents), ...Object.keys(operationsEvents)],
  indexes: [
    ['audience', 'position'],
    ['audience', 'source', 'position'],
  ],
  async fold(event: RecordedEvent, docs: ViewWriter<FeedDocument>): Promise<void> {
    if (event.type in operationsEvents) return foldOperation(event, docs);
    const before = (await docs.get(event.stream))?.parties;
    const after = partiesAfter(before, event);
    if (after !== before) docs.put(event.stream, { parties: after });
    const { position, source = 'cases' } = event;
    const owners = audiencesOf(after.owner);
    for (const audience of new Set([before, after].flatMap((parties) => knowing(parties, event)))) {
      const item = itemOf(event, after, owners.includes(audience));
      docs.put(`${event.id} ${audience}`, { audience, position, source, item });
    }
  },
};

/** What an operator did about a case concerns its custodian, in whichever service; no work list of a sector shows it. */
async function foldOperation(event: RecordedEvent, docs: ViewWriter<FeedDocument>): Promise<void> {
  const parties = event.caseId && (await docs.get(caseStream(event.caseId)))?.parties;
  if (!parties) return;
  const { id, position } = event;
  const item = itemOf(event, parties, true);
  for (const audience of audiencesOf(parties.owner)) {
    docs.put(`${id} ${audience}`, { audience, position, source: 'cases', item });
  }
}

/** @throws Error on an event of a case or referral that never began */
function partiesAfter(before: Parties | undefined, { type, data }: RecordedEvent): Parties {
  const told = data as Record<string, string | undefined>;
  if (type === 'CaseOpened') return { owner: office(told['custodian']!, told['unit']) };
  if (type === 'ReferralSent') {
    const { sender, senderUnit, receiver, receiverUnit, service } = told;
    return { owner: office(sender!, senderUnit), receiver: office(receiver!, receiverUnit), service: service! };
  }
  if (!before) throw new Error(`${type} on what never began`);
  switch (type) {
    case 'TransferProposed':
      return { ...before, offer: { transferId: told['transferId']!, to: office(told['to']!, told['toUnit']) } };
    case 'TransferRefused':
    case 'TransferWithdrawn':
      return { owner: before.owner };
    case 'TransferAccepted':
      return { owner: office(told['custodian']!, told['unit']) };
    case 'SenderChanged':
      return { ...before, owner: office(told['sender']!, told['senderUnit']) };
    case 'ReferralAssigned':
      return told['unit'] ? { ...before, receiver: office(before.receiver!.agency, told['unit']) } : before;
    default:
      return before;
  }
}

const office = (agency: string, unit: string | undefined): Office => (unit ? { agency, unit } : { agency });

/** The agency as a whole, and its unit by both names, so that nobody's unit counts for another agency. */
const audience = (agency: string, unit?: string): string => (unit === undefined ? agency : `${agency} ${unit}`);
const audiencesOf = ({ agency, unit }: Office): string[] =>
  unit === undefined ? [agency] : [agency, audience(agency, unit)];

/** Asked before and after: who was party to a change learns of it, whether it came by it or lost by it. */
function knowing(parties: Parties | undefined, { data }: RecordedEvent): string[] {
  if (!parties) return [];
  const { owner, receiver, offer } = parties;
  const others = [receiver, offer?.transferId === data['transferId'] ? offer?.to : undefined];
  return [owner, ...others].flatMap((party) => (party ? audiencesOf(party) : []));
}

function itemOf(event: RecordedEvent, { service }: Parties, isOwner: boolean): JsonObject {
  const { id, recordedAt: at, source = 'cases', type, caseId, stream, data } = event;
  const referralId = referralIn(stream) ?? data['referralId'];
  const { transferId, consentId } = data;
  return {
    ...{ id, at, source, type },
    ...(caseId && { caseId }),
    ...(referralId && { referralId }),
    ...(transferId && { transferId }),
    ...(isOwner && consentId && { consentId }),
    ...(service && { service }),
  };
}

/** Of one event, an agency's units can be three parties at most: the sender's, the new sender's, the receiver's. */
const mostEntries = 3;

/** What a caller's agency, or its units, may know of all that happens, oldest first. */
@Injectable()
export class Feed {
  constructor(
    private readonly views: ViewStore,
    private readonly cursors: Cursors,
    private readonly authorisation: Authorisation,
    private readonly service: Service,
  ) {}

  /** `next` is where the reader is, whether anything follows yet or not. @throws Problem 400 when `after` is another agency's */
  async page(call: Call, { after, limit }: { after?: string; limit: number }): Promise<object> {
    const list = `feed/${call.caller.agency}`;
    const reached = Number(this.cursors.decode(list, after, 'after')?.value ?? 0);
    const found = await this.views.find(feedView, {
      anyOf: this.alternatives(call),
      range: { field: 'position', from: reached + 1 },
      sort: { field: 'position', direction: 'asc' },
      limit: limit + mostEntries,
    });
    // an event at the very end may lack what another unit's entry says of it
    const end = found.end ? Number(found.end.value) : Infinity;
    const items = new Map<number, JsonObject>();
    for (const { doc } of found.items) {
      if (doc.position! < end) items.set(doc.position!, { ...items.get(doc.position!), ...doc.item });
    }
    const page = [...items].slice(0, limit);
    const value = page.at(-1)?.[0] ?? reached;
    return { items: page.map(([, item]) => item), next: this.cursors.encode(list, { value, id: '' }) };
  }

  private alternatives(call: Call): Equals<FeedDocument>[] {
    const { agency } = call.caller;
    return unitsOf(call.caller).flatMap((unit) =>
      this.sources(call).map((source) => ({ audience: audience(agency, unit), ...(source && { source }) })),
    );
  }

  /** Those whose work lists the caller may see; undefined stands for all, the cases' own included. */
  private sources(call: Call): readonly (string | undefined)[] {
    if (this.authorisation.permits(call, 'read-whole-feed', { type: 'Desk' })) return [undefined];
    const { sectors } = this.service.surroundings;
    return sectors.filter((sector) => this.authorisation.permits(call, 'list-referrals', { type: 'Desk', sector }));
  }
}
