import type { ReferralParties } from '@ihala/access';
import { EventLog, type RecordedEvent } from '@ihala/event-log';
import { evolve, initialState, type ReferralEvent, type ReferralState, type SentReferral } from '@ihala/referral';
import { Inject, Injectable } from '@nestjs/common';
import { EventReader } from '../events.js';
import { ResourceLoader } from '../http/authorisation.js';
import { isUuid } from '../http/call.js';
import { type Catalogue, type ServiceDefinition, unnamedService } from './catalogue.js';

export const CATALOGUE = 'ihala:catalogue';

export const referralStream = (sector: string, id: string): string => `${sector}/referral-${id}`;
/** The id of the referral whose stream it is; undefined: it is no referral's. */
export const referralIn = (stream: string): string | undefined => /\/referral-(.+)$/.exec(stream)?.[1];
export const referralEventOf = (event: RecordedEvent): ReferralEvent =>
  ({ type: event.type, data: event.data }) as unknown as ReferralEvent;

/** @throws Error when the events do not begin with the sending */
export function foldReferral(events: readonly RecordedEvent[]): SentReferral {
  const state = events.reduce<ReferralState>((at, event) => evolve(at, referralEventOf(event)), initialState);
  if (state.status === 'none') throw new Error('a referral without events');
  return state;
}

/** A referral with its events, and which service it asks for. */
export interface ReferralRecord {
  readonly state: SentReferral;
  readonly events: readonly RecordedEvent[];
  /** a sensitive service's real code is sealed; undefined once the person is erased */
  readonly serviceCode: string | undefined;
  readonly service: ServiceDefinition;
}

export const partiesOf = (state: SentReferral): ReferralParties => ({
  type: 'Referral',
  sector: state.sector,
  sender: state.sender,
  senderUnit: state.senderUnit,
  receiver: state.receiver,
  receiverUnit: state.receiverUnit,
});

/** A sensitive service stands in the clear as the sector's name. */
export const isMasked = ({ service, sector }: SentReferral): boolean => service === sector;

@Injectable()
export class ReferralLoader extends ResourceLoader<ReferralRecord> {
  readonly thing = 'referral';

  constructor(
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    private readonly log: EventLog,
    private readonly reader: EventReader,
  ) {
    super();
  }

  /** @param to the version to fold to; the newest when left out */
  async load(params: Readonly<Record<string, string>>, to?: number): Promise<ReferralRecord | undefined> {
    const id = params['referralId'];
    if (!isUuid(id)) return undefined;
    const stream = referralStream(this.catalogue.sector, id.toLowerCase());
    const events = await Array.fromAsync(this.log.readStream(stream, to === undefined ? {} : { to }));
    if (events.length === 0) return undefined;
    const state = foldReferral(events);
    const serviceCode = await this.serviceCode(state, events[0]!);
    const service = this.catalogue.services[serviceCode ?? ''] ?? unnamedService;
    return { state, events, serviceCode, service };
  }

  resource({ state }: ReferralRecord): ReferralParties {
    return partiesOf(state);
  }

  private async serviceCode(state: SentReferral, sent: RecordedEvent): Promise<string | undefined> {
    if (!isMasked(state)) return state.service;
    const [contents] = await this.reader.contents([sent], () => ['texts']);
    return contents?.['texts']?.['service'] as string | undefined;
  }
}
