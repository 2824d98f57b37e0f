import type { Journey, OfferedService } from './journey.js';
import { refer } from './referral-journey.js';

const custodians = ['entraide-nationale', 'oim', 'hcr'] as const;
/** A consent that ends soon ends within this time. */
export const endsWithinMs = 1500;
/** What a custody consent and a referral may name. */
const anyClasses = ['identity', 'contact', 'status', 'family', 'protection', 'health', 'education', 'employment'];

/** One person's case, from opening on; referrals run beside what else happens to it. */
export async function live(journey: Journey): Promise<void> {
  const { chance } = journey;
  const file = new File(journey, chance.pick(custodians));
  if (!(await file.open())) return;
  const beside: Promise<PromiseSettledResult<void>[]>[] = [];
  for (let acts = chance.between(3, 8); acts > 0; acts -= 1) {
    const kind = chance.next();
    if (kind < 0.5) {
      const referral = file.refer(chance.pick(journey.services));
      if (chance.happens(0.6)) beside.push(Promise.allSettled([referral]));
      else await referral;
    } else if (kind < 0.75) await file.handOver();
    else if (kind < 0.85) await file.act('notes', { text: journey.words() });
    else if (kind < 0.93) {
      await file.act('corrections', { person: { address: journey.words() }, reason: journey.words() });
    } else if (kind < 0.96) await file.act('assignment', { subject: 'someone' });
    else await file.close();
  }
  for (const [result] of await Promise.all(beside)) if (result?.status === 'rejected') throw result.reason;
}

/** A case, as its custodian of the moment works on it. */
class File {
  #id = '';

  constructor(
    private readonly journey: Journey,
    private custodian: string,
  ) {}

  async open(): Promise<boolean> {
    const { chance } = this.journey;
    const { status, body } = await this.journey.send(this.custodian, '/v1/cases', {
      person: {
        givenName: this.journey.words(),
        familyName: this.journey.words(),
        dateOfBirth: '1998-04-12',
        nationality: 'CI',
        address: this.journey.words(),
      },
      situation: {
        legalStatus: chance.pick(['resident', 'refugee', 'regularised', 'irregular', 'asylum-seeker']),
        vulnerabilities: ['pregnant'],
      },
      reception: { place: 'Oujda', channel: 'walk-in' },
    });
    this.#id = String(body['id']);
    return status === 201;
  }

  act(action: string, body: object) {
    return this.journey.send(this.custodian, `/v1/cases/${this.#id}/${action}`, body);
  }

  async refer(service: OfferedService): Promise<void> {
    const { chance } = this.journey;
    const receiver = chance.pick(service.receivers);
    const classes = [...service.dataClasses.required, ...service.dataClasses.optional];
    const sender = this.custodian;
    const consentId = await this.consent(receiver, 'referral', classes);
    if (consentId === undefined) return;
    const withdrawn = chance.happens(0.15);
    await Promise.all([
      refer(this.journey, sender, this.#id, { consentId, service, receiver }),
      withdrawn && this.act(`consents/${consentId}/withdrawal`, { reason: this.journey.words() }),
    ]);
  }

  /** Custody is offered; it is taken, refused or taken back, and sometimes two of these at once. */
  async handOver(): Promise<void> {
    const { chance } = this.journey;
    const from = this.custodian;
    const to = chance.pick(custodians.filter((agency) => agency !== from));
    const consentId = await this.consent(to, 'custody', chance.happens(0.5) ? anyClasses : ['identity']);
    if (consentId === undefined) return;
    const offer = { to, reason: 'protection', consentId, note: this.journey.words() };
    const { status, body } = await this.act('transfers', offer);
    if (status !== 201) return;
    const path = `/v1/cases/${this.#id}/transfers/${String(body['id'])}`;
    const ends = [
      () => this.journey.send(to, `${path}/acceptance`),
      () => this.journey.send(to, `${path}/refusal`, { reason: 'no-capacity', note: this.journey.words() }),
      () => this.journey.send(from, `${path}/withdrawal`, { reason: this.journey.words() }),
    ];
    const chosen = [chance.pick(ends), ...(chance.happens(0.3) ? [chance.pick(ends)] : [])];
    const replies = await Promise.all(chosen.map((end) => end()));
    if (replies.some((reply) => reply.status === 200 && reply.body['status'] === 'accepted')) this.custodian = to;
  }

  async close(): Promise<void> {
    const { status } = await this.act('closure', { reason: this.journey.words() });
    if (status === 200) await this.act('reopening', { reason: this.journey.words() });
  }

  /** Now and then one that is over within moments. */
  private async consent(recipient: string, purpose: string, dataClasses: readonly string[]) {
    const { chance } = this.journey;
    const endsSoon = chance.happens(0.1) && {
      expiresAt: new Date(Date.now() + chance.between(100, endsWithinMs)).toISOString(),
    };
    const { status, body } = await this.act('consents', {
      ...{ recipient, purpose, dataClasses, ...endsSoon },
      ...{ basis: 'consent', givenBy: 'person', method: 'oral-witnessed', language: 'fr' },
    });
    return status === 201 ? String(body['id']) : undefined;
  }
}
