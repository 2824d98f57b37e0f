import type { ServiceName } from '../../distributed/cluster.js';
import type { Watch } from './faulty-proxy.js';
import type { Installation } from './installation.js';

/** https://kafka.apache.org/protocol#protocol_api_keys */
const PRODUCE = 0;
const OFFSET_COMMIT = 8;
const patienceMs = 30_000;

/** Kills all processes of a service in the middle of a transaction of its own: the events do not arrive. */
export function killBeforeInserted(installation: Installation, service: ServiceName): Promise<void> {
  // of a commit of own events the first one bears a mark, which copies do not
  const words = ['insert', 'events', `${installation.prefix}-${service}`, 'commit'];
  return untilSeen(installation, 'mongodb', (seen) => async (bytes, direction) => {
    if (direction !== 'request' || !words.every((word) => bytes.includes(word))) return false;
    await installation.kill(service);
    seen();
    return true;
  });
}

/** Kills all processes of a service as one of them sends events, none of which arrive. */
export function killBeforeSent(installation: Installation, service: ServiceName): Promise<void> {
  const topic = `${installation.prefix}.${service}.v1`;
  return untilSeen(installation, 'kafka', (seen) => async (bytes, direction) => {
    if (direction !== 'request' || !isRequest(bytes, PRODUCE, topic, 'ce_sequence')) return false;
    await installation.kill(service);
    seen();
    return true;
  });
}

/** Kills all processes of a service once the broker has an offset of theirs, before they know that it has. */
export function killBetweenCommitAndCopy(
  installation: Installation,
  { reader, source }: { readonly reader: ServiceName; readonly source: ServiceName },
): Promise<void> {
  const group = `${installation.prefix}.${reader}.${source}`;
  const committing = new Set<object>();
  return untilSeen(installation, 'kafka', (seen) => async (bytes, direction, connection) => {
    if (direction === 'request' && isRequest(bytes, OFFSET_COMMIT, group)) committing.add(connection);
    if (direction === 'request' || !committing.has(connection)) return false;
    await installation.kill(reader);
    seen();
    return true;
  });
}

/** @param ways what the names of the proxies begin with */
async function untilSeen({ servers }: Installation, ways: string, watch: (seen: () => void) => Watch): Promise<void> {
  const seen = Promise.withResolvers<void>();
  const late = setTimeout(() => seen.reject(new Error('the moment did not come')), patienceMs);
  const proxies = servers.proxies.filter(({ name }) => name.startsWith(ways));
  for (const proxy of proxies) proxy.watch = watch(seen.resolve);
  try {
    await seen.promise;
  } finally {
    clearTimeout(late);
    for (const proxy of proxies) proxy.watch = undefined;
  }
}

/** A request's length, then its kind: https://kafka.apache.org/protocol#protocol_messages */
const isRequest = (bytes: Buffer, kind: number, ...words: readonly string[]): boolean =>
  bytes.length > 6 && bytes.readInt16BE(4) === kind && words.every((word) => bytes.includes(word));
