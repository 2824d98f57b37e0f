import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Message, type SASLOptions } from 'kafkajs';
import { quietNegativeTimeouts } from './negative-timeouts.js';
import type { Names } from './topics.js';

export interface KafkaOptions {
  /** `host:port`, those to begin with */
  readonly brokers: readonly string[];
  /** what the broker's logs and quotas call this process */
  readonly clientId: string;
  /** what topics and groups begin with, where installations share a cluster; default `ihala` */
  readonly prefix?: string;
  /** true: by the system's certificate authorities; PEM texts otherwise, `cert` and `key` for a broker that asks who we are */
  readonly tls?: true | { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  /** What the client warns of. It names brokers, topics and groups, never what messages hold. */
  readonly onWarning?: (message: string) => void;
}

/** Sends a message and resolves once all copies in sync have it. */
export type Send = (topic: string, message: Message) => Promise<void>;

/** What the parts of a carrier share. */
export interface Line {
  readonly kafka: Kafka;
  readonly names: Names;
  /** for what is rarely sent */
  readonly send: Send;
}

/** Meant so: a relay that can't send begins anew with a new producer, and receivers drop what was sent twice. */
const MEANT = /^Limiting retries for the idempotent producer/;

/** How long parts wait, when they stop, for a broker that may say nothing any more. */
const GOODBYE_MS = 5000;

/** Resolves when it is done or has failed, and in any case soon. */
export async function soon(work: Promise<unknown>): Promise<void> {
  await Promise.race([work.catch(() => {}), sleep(GOODBYE_MS, undefined, { ref: false })]);
}

/** There is only one. */
export const onePartition = () => () => 0;

/** A client of the broker. Nothing is connected yet. */
export function connectTo({ brokers, clientId, tls, sasl, onWarning = () => {} }: KafkaOptions): Kafka {
  quietNegativeTimeouts();
  return new Kafka({
    brokers: [...brokers],
    clientId,
    ...(tls && { ssl: tls }),
    // kafkajs writes into it how to log in, password included
    ...(sasl && { sasl: { ...sasl } as SASLOptions }),
    connectionTimeout: 3000,
    // a connection that is half open is noticed by this alone
    requestTimeout: 10_000,
    // few and short: whoever uses the client starts over by itself, with pauses of its own
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ namespace, log: { message, error } }) => {
        if (!MEANT.test(message)) onWarning(`${namespace}: ${message}${typeof error === 'string' ? `: ${error}` : ''}`);
      },
  });
}
