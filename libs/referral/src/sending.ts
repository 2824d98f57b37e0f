import { type Refusal, refuse } from '@ihala/decider';
import type { Urgency } from './events.js';

/** What a sending rests on, as the shell found it. */
export interface SendingFacts {
  readonly caseOpen: boolean;
  readonly urgency: Urgency;
  readonly receiver: string;
  /** undefined: the sector has no such service */
  readonly service?: {
    readonly receivers: readonly string[];
    readonly bases: readonly string[];
    readonly dataClasses: { readonly required: readonly string[] };
  };
  /** undefined: the case has no such consent */
  readonly consent?: {
    readonly active: boolean;
    readonly recipient: string;
    readonly purpose: string;
    readonly basis: string;
    readonly dataClasses: readonly string[];
  };
}

/**
 * Why a referral may not be sent, in the order in which reasons are given: the case is closed, the service is unknown
 * or not offered there, no consent carries it.
 */
export function sendingRefusal({ caseOpen, urgency, receiver, service, consent }: SendingFacts): Refusal | undefined {
  if (!caseOpen) return refuse('case.not-open');
  if (!service) return refuse('service.unknown');
  if (!service.receivers.includes(receiver)) return refuse('service.not-offered');
  const { required } = service.dataClasses;
  const carries =
    consent?.active &&
    consent.recipient === receiver &&
    consent.purpose === 'referral' &&
    service.bases.includes(consent.basis) &&
    // Help without the person's word is for emergencies alone.
    (consent.basis !== 'vital-interests' || urgency === 'emergency');
  const missing = carries ? required.filter((name) => !consent.dataClasses.includes(name)) : required;
  return carries && missing.length === 0 ? undefined : refuse('consent.missing', { missing });
}
