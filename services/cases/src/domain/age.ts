export interface Birth {
  readonly dateOfBirth?: string;
  readonly birthYear?: number;
  readonly ageEstimate?: { readonly years: number; readonly on: string };
}

const majority = 18;

/**
 * Whether the person is a child on `today` (a date). What is known may leave a span of possible ages: the youngest of
 * it counts, since a child taken for an adult loses its guardian's protection. A birthday that does not exist in a
 * year (29 February) is reached on 1 March. Several statements: the youngest counts.
 */
export function isMinor(birth: Birth, today: string): boolean {
  const births = latestBirths(birth);
  if (births.length === 0) return true;
  return births.some((date) => `${Number(date.slice(0, 4)) + majority}${date.slice(4)}` > today);
}

/** The latest date of birth that each statement allows. */
function latestBirths({ dateOfBirth, birthYear, ageEstimate }: Birth): string[] {
  return [
    ...(dateOfBirth === undefined ? [] : [dateOfBirth]),
    ...(birthYear === undefined ? [] : [`${birthYear}-12-31`]),
    ...(ageEstimate === undefined
      ? []
      : [`${Number(ageEstimate.on.slice(0, 4)) - ageEstimate.years}${ageEstimate.on.slice(4)}`]),
  ];
}
