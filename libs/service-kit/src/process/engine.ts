import type { Keyring } from '@ihala/privacy';
import type { Metrics } from '../metrics.js';
import type { Service, ServiceStore } from '../service.js';

/** Where the services of a process keep their logs and their keys, and how they hear of one another. */
export abstract class Engine {
  abstract readonly keyring: Keyring;

  /** Other processes may have the same logs, copies and views: what is missing there all of them miss. */
  abstract readonly shared: boolean;

  /** What the service of this name keeps. */
  abstract open(name: string, measures: Metrics): Promise<ServiceStore>;

  /** Begins to copy what the service listens to, and to follow its log wherever that is to be done. */
  abstract start(service: Service, others: readonly Service[]): Promise<void>;

  /** Ends that; then the service may be stopped. */
  abstract stop(service: Service): Promise<void>;

  /** After all services have been stopped. */
  abstract close(): Promise<void>;
}

/** Which other services it listens to. @param services all that there are */
export const sourcesOf = ({ name, observes }: Service['blueprint'], services: readonly string[]): readonly string[] =>
  services.filter((source) => source !== name && (observes === 'every service' || observes.includes(source)));
