import { days, hours, later } from '../clock.js';

/** ISO 8601 duration of whole days and hours, as catalogues give it, in milliseconds. */
export function durationMs(duration: string): number {
  const [, wholeDays = '0', wholeHours = '0'] = /^P(?:(\d+)D)?(?:T(\d+)H)?$/.exec(duration) ?? [];
  return days(Number(wholeDays)) + hours(Number(wholeHours));
}

/** When an answer is due, on elapsed time. Computed here once, recorded, and never computed again. */
export const dueAt = (from: string, within: string): string => later(from, durationMs(within));

/** What is left of the answer time, in milliseconds; none when it is over. */
export const remainingAt = (now: string, due: string): number => Math.max(0, Date.parse(due) - Date.parse(now));
