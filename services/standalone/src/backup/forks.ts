import type { LogState } from '@ihala/event-log-sqlite';

/**
 * Where one log has heard more of a service than the service's own log holds. Put back like that, the service would give
 * numbers out a second time, and whoever heard of the first would take it for one that contradicts itself.
 */
export function forks(logs: readonly LogState[]): readonly string[] {
  const ends = new Map(logs.map(({ service, sequence }) => [service, sequence]));
  return logs.flatMap(({ service, heard }) =>
    Object.entries(heard)
      .filter(([source, sequence]) => (ends.get(source) ?? Infinity) < sequence)
      .map(
        ([source, sequence]) =>
          `${service} has heard ${source} up to ${sequence}, whose log ends at ${ends.get(source)}`,
      ),
  );
}
