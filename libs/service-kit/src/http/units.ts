import type { Caller } from '@ihala/access';

/**
 * The units a list is narrowed to: one alternative each; `undefined` stands for the whole agency. A caller with units
 * sees those alone, and nothing when it asks for another.
 */
export function unitsOf({ units }: Pick<Caller, 'units'>, wanted?: string): readonly (string | undefined)[] {
  if (units.length === 0) return [wanted];
  return wanted === undefined ? units : units.filter((unit) => unit === wanted);
}
