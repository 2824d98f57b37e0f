import type { MoveBy, ReferralAction, ReferralStatus } from './protocol.js';

/**
 * The contract's table, written out once more by hand: who, and status → status. It is not computed from the protocol,
 * so that a slip in either shows.
 */
export const contract: Record<ReferralAction, { by: MoveBy[]; to: Partial<Record<ReferralStatus, ReferralStatus>> }> = {
  acknowledgement: { by: ['receiver'], to: { sent: 'acknowledged' } },
  assignment: {
    by: ['receiver'],
    to: {
      sent: 'sent',
      acknowledged: 'acknowledged',
      'information-requested': 'information-requested',
      accepted: 'accepted',
      scheduled: 'scheduled',
      'in-service': 'in-service',
      'on-hold': 'on-hold',
      'cancellation-requested': 'cancellation-requested',
    },
  },
  'information-request': {
    by: ['receiver'],
    to: { sent: 'information-requested', acknowledged: 'information-requested' },
  },
  information: { by: ['sender'], to: { 'information-requested': 'acknowledged' } },
  acceptance: { by: ['receiver'], to: { sent: 'accepted', acknowledged: 'accepted' } },
  refusal: {
    by: ['receiver'],
    to: { sent: 'declined', acknowledged: 'declined', 'information-requested': 'declined' },
  },
  appointment: {
    by: ['receiver'],
    to: { accepted: 'scheduled', scheduled: 'scheduled', 'in-service': 'in-service' },
  },
  attendance: { by: ['receiver'], to: { scheduled: 'in-service' } },
  start: { by: ['receiver'], to: { accepted: 'in-service', scheduled: 'in-service' } },
  steps: { by: ['receiver'], to: { accepted: 'in-service', scheduled: 'in-service', 'in-service': 'in-service' } },
  hold: { by: ['receiver'], to: { 'in-service': 'on-hold' } },
  resumption: { by: ['receiver'], to: { 'on-hold': 'in-service' } },
  completion: { by: ['receiver'], to: { 'in-service': 'completed' } },
  failure: {
    by: ['receiver'],
    to: { accepted: 'failed', scheduled: 'failed', 'in-service': 'failed', 'on-hold': 'failed' },
  },
  'cancellation-request': {
    by: ['sender'],
    to: {
      sent: 'cancelled',
      acknowledged: 'cancellation-requested',
      'information-requested': 'cancellation-requested',
      accepted: 'cancellation-requested',
      scheduled: 'cancellation-requested',
      'in-service': 'cancellation-requested',
      'on-hold': 'cancellation-requested',
    },
  },
  cancellation: { by: ['receiver', 'sender-supervisor'], to: { 'cancellation-requested': 'cancelled' } },
  review: {
    by: ['sender'],
    to: { completed: 'closed', failed: 'closed', declined: 'closed', cancelled: 'closed' },
  },
  redirection: { by: ['sender'], to: { declined: 'redirected', failed: 'redirected' } },
  suggestion: {
    by: ['receiver'],
    to: {
      sent: 'sent',
      acknowledged: 'acknowledged',
      'information-requested': 'information-requested',
      accepted: 'accepted',
      scheduled: 'scheduled',
      'in-service': 'in-service',
      'on-hold': 'on-hold',
      'cancellation-requested': 'cancellation-requested',
      completed: 'completed',
      declined: 'declined',
    },
  },
  reopening: { by: ['sender'], to: { closed: 'completed' } },
  'consent-withdrawal': {
    by: ['receiver'],
    to: {
      sent: 'suspended',
      acknowledged: 'suspended',
      'information-requested': 'suspended',
      accepted: 'suspended',
      scheduled: 'suspended',
      'in-service': 'suspended',
      'on-hold': 'suspended',
      'cancellation-requested': 'suspended',
    },
  },
  'sharing-stop': { by: ['receiver'], to: { suspended: 'cancelled' } },
  error: {
    by: ['sender-supervisor', 'receiver-supervisor'],
    to: {
      sent: 'entered-in-error',
      acknowledged: 'entered-in-error',
      'information-requested': 'entered-in-error',
      accepted: 'entered-in-error',
      scheduled: 'entered-in-error',
      'in-service': 'entered-in-error',
      'on-hold': 'entered-in-error',
      'cancellation-requested': 'entered-in-error',
      declined: 'entered-in-error',
      completed: 'entered-in-error',
      failed: 'entered-in-error',
      cancelled: 'entered-in-error',
      closed: 'entered-in-error',
      redirected: 'entered-in-error',
    },
  },
};
