import { expect } from '@jest/globals';
import type { Answer, Client } from './client.js';
import { aminata } from './people.js';

/** The first chapters of every story: each is a request, and the id of what came of it. */

export async function opened(by: Client, told: object = aminata): Promise<string> {
  const answer = await by.post('/v1/cases', told);
  expect(answer.outcome).toBe('201');
  return answer.id;
}

export const consentTo = (recipient: string, terms: object = {}) => ({
  recipient,
  purpose: 'referral',
  dataClasses: ['identity', 'protection'],
  basis: 'consent',
  givenBy: 'person',
  method: 'oral-witnessed',
  language: 'fr',
  ...terms,
});

export async function consented(by: Client, caseId: string, recipient: string, terms: object = {}): Promise<string> {
  const answer = await by.post(`/v1/cases/${caseId}/consents`, consentTo(recipient, terms));
  expect(answer.outcome).toBe('201');
  return answer.id;
}

export const request = (caseId: string, consentId: string, terms: object = {}) => ({
  caseId,
  consentId,
  service: 'maternal-health',
  receiver: 'sante',
  urgency: 'urgent',
  reason: 'Sixth month, no check-up so far.',
  ...terms,
});

export async function referred(by: Client, caseId: string, consentId: string, terms: object = {}): Promise<string> {
  const answer = await by.post('/v1/health/referrals', request(caseId, consentId, terms));
  expect(answer.outcome).toBe('201');
  return answer.id;
}

/** A case of its own, with consent, sent to a health service. */
export async function sent(by: Client, terms: object = {}, told: object = aminata) {
  const caseId = await opened(by, told);
  const consentId = await consented(by, caseId, 'sante');
  return { caseId, consentId, referralId: await referred(by, caseId, consentId, terms) };
}

export const offer = (to: string, consentId: string, terms: object = {}) => ({
  to,
  reason: 'protection',
  consentId,
  ...terms,
});

/** Custody offered, with the person's consent. */
export async function offered(by: Client, caseId: string, to: string, dataClasses = ['identity'], terms: object = {}) {
  const consentId = await consented(by, caseId, to, { purpose: 'custody', dataClasses });
  const answer = await by.post(`/v1/cases/${caseId}/transfers`, offer(to, consentId, terms));
  expect(answer.outcome).toBe('201');
  return answer.id;
}

export async function handedOver(by: Client, to: Client, caseId: string, agency: string, dataClasses = ['identity']) {
  const transferId = await offered(by, caseId, agency, dataClasses);
  const answer = await to.post(`/v1/cases/${caseId}/transfers/${transferId}/acceptance`);
  expect(answer.outcome).toBe('200');
  return transferId;
}

export const move = (by: Client, referralId: string, action: string, body: object = {}): Promise<Answer> =>
  by.post(`/v1/health/referrals/${referralId}/${action}`, body);
