import type { Seen } from './inspections.js';

/** What was seen, as people or as programs read it. */
export function printed(seen: Seen, json: boolean): string {
  if (json) return `${JSON.stringify(seen, null, 2)}\n`;
  return 'facts' in seen ? `${facts(seen.facts)}\n${table(seen.events)}` : table(seen as readonly object[]);
}

function facts(of: object): string {
  const entries = Object.entries(of).filter(([, value]) => value !== undefined);
  const width = Math.max(...entries.map(([name]) => name.length)) + 2;
  return entries.map(([name, value]) => `${name.padEnd(width)}${text(value)}\n`).join('');
}

function table(rows: readonly object[]): string {
  if (rows.length === 0) return 'none\n';
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [columns, ...rows.map((row) => columns.map((name) => text((row as Record<string, unknown>)[name])))];
  const widths = columns.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  return cells
    .map(
      (line) =>
        `${line
          .map((cell, at) => cell.padEnd(widths[at]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function text(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
