import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Client } from '../e2e/client.js';
import { aminata, doctorBennis, fatima, nadia } from '../e2e/people.js';
import { ServerProcess } from '../e2e/server-process.js';

/** A row of the log as the product wrote it; whose own event it is shows in `stream`. */
export interface Row {
  readonly stream: string;
  readonly version: number;
  readonly recordedAt: string;
  readonly caseId: string | null;
  readonly body: string;
  readonly command?: { readonly id: string; readonly fingerprint: string };
}

/** One referral of 20 events, with its case and consent, told through REST. @returns its rows, in the order of the commits */
export async function toldLife(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ihala-bench-life-'));
  try {
    const server = await ServerProcess.start(folder, 'silent');
    await tell(await server.as(fatima), await server.as(nadia), await server.as(doctorBennis));
    for (;;) if ((await server.anybody.get('/readyz')).status === 200) break;
    await server.end('SIGTERM');
    return rowsIn(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A service that is not sensitive: its rows can be multiplied, whereas what is sealed opens under its own event only. */
export const sending = (caseId: string, consentId: string) => ({
  ...{ caseId, consentId, service: 'primary-care', receiver: 'sante', urgency: 'routine' },
  reason: 'Headaches for three weeks, no check-up so far.',
});

export const consent = {
  recipient: 'sante',
  purpose: 'referral',
  dataClasses: ['identity', 'protection'],
  basis: 'consent',
  givenBy: 'person',
  method: 'oral-witnessed',
  language: 'fr',
};

async function tell(sender: Client, receiver: Client, doctor: Client): Promise<void> {
  const post = keyed();
  const caseId = await post(sender, '/v1/cases', aminata);
  const consentId = await post(sender, `/v1/cases/${caseId}/consents`, consent);
  const referralId = await post(sender, '/v1/health/referrals', sending(caseId, consentId));
  const move = (by: Client, action: string, body?: object) =>
    post(by, `/v1/health/referrals/${referralId}/${action}`, body);
  await move(receiver, 'acknowledgement');
  await move(receiver, 'information-request', { about: 'need', question: 'Does she take any medicine?' });
  await move(sender, 'information', { answer: 'None that she knows of.' });
  await move(receiver, 'acceptance', { note: 'Come in the morning.' });
  for (const outcome of ['no-show', 'cancelled-by-service', 'attended']) {
    await move(receiver, 'appointment', { at: '2027-01-11T09:00:00Z', place: 'Centre de santé Al Qods, Oujda' });
    await move(receiver, 'attendance', { outcome });
  }
  const findings = { facility: 'Centre de santé Al Qods', findings: 'Tension headache, no alarm signs.' };
  await move(doctor, 'steps/consultation', { at: '2027-01-11T09:20:00Z', ...findings });
  await move(doctor, 'steps/treatment', { plan: 'Rest, fluids, review in four weeks.' });
  await move(receiver, 'hold', { reason: 'She travels until the end of the month.' });
  await move(receiver, 'resumption');
  for (const subject of ['o.berrada', 'n.chraibi', 'o.berrada', 'n.chraibi', 'o.berrada']) {
    await move(receiver, 'assignment', { subject });
  }
}

function keyed() {
  let number = 0;
  return async (by: Client, path: string, body: object = {}): Promise<string> => {
    number += 1;
    const answer = await by.post(path, body, { 'idempotency-key': `life-${number}` });
    if (answer.status >= 300) throw new Error(`${path} answered ${answer.outcome}`);
    return answer.id;
  };
}

/** The audit's log holds every service's events; which command each came from stands in its own service's. */
function rowsIn(folder: string): Row[] {
  const commands = new Map<string, Row['command']>();
  for (const service of ['cases', 'health']) {
    const db = new DatabaseSync(join(folder, `${service}.sqlite`), { readOnly: true });
    for (const { id, fingerprint, versions } of db.prepare('SELECT * FROM commands').all() as Record<
      string,
      string
    >[]) {
      const [written] = JSON.parse(versions!) as { stream: string; version: number }[];
      commands.set(`${written!.stream} ${written!.version}`, { id: id!, fingerprint: fingerprint! });
    }
    db.close();
  }
  const db = new DatabaseSync(join(folder, 'audit.sqlite'), { readOnly: true });
  const rows = db
    .prepare(
      'SELECT stream, version, recorded_at AS recordedAt, case_id AS caseId, body FROM events ORDER BY recorded_at, position',
    )
    .all() as unknown as Row[];
  db.close();
  return rows.map((row) => ({ ...row, command: commands.get(`${row.stream} ${row.version}`) }));
}
