/** The shell's only source of time; tests put their own in its place. */
export abstract class Clock {
  /** RFC 3339, UTC, milliseconds */
  abstract now(): string;
}

export class SystemClock extends Clock {
  now(): string {
    return new Date().toISOString();
  }
}

/** `instant` moved by a number of milliseconds. */
export const later = (instant: string, milliseconds: number): string =>
  new Date(Date.parse(instant) + milliseconds).toISOString();

export const hours = (count: number): number => count * 3_600_000;
export const days = (count: number): number => hours(24 * count);
