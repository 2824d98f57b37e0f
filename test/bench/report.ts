import { availableParallelism } from 'node:os';
import type { Contest, Result } from './contest.js';

export interface Finding {
  readonly contest: Contest;
  readonly results: readonly Result[];
}

const leastGrowth = 0.8;

/** One line a figure and size, the floor and the ratio beside it. */
export function asText(findings: readonly Finding[]): string {
  const head = ['', 'events', 'ours/s', 'floor/s', 'ratio', 'target', 'of itself', ''];
  const rows = findings.flatMap(({ contest, results }) =>
    results.map((result, index) => [
      index === 0 ? contest.name : '',
      result.events.toLocaleString('en'),
      rounded(result.ours),
      rounded(result.floor),
      result.ratio.toFixed(2),
      index === 0 ? targetOf(contest) : '',
      result.growth.toFixed(2),
      [...below(contest, result), ...peerWords(contest, result)].join('; '),
    ]),
  );
  const floors = findings.map(({ contest }) => `${contest.name}: ${contest.unit}; floor: ${contest.floor}`);
  return [surroundings(), '', ...aligned([head, ...rows]), '', ...floors, ''].join('\n');
}

export function asJson(findings: readonly Finding[]): string {
  const results = findings.map(({ contest: { name, unit, floor, target, enough, least, peerTarget }, results }) => ({
    ...{ name, unit, floor, target, enough, least, peerTarget },
    results,
  }));
  return JSON.stringify({ surroundings: surroundings(), results }, undefined, 2) + '\n';
}

const surroundings = () =>
  `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${process.platform} ${process.arch}, ${availableParallelism()} cores`;

const rounded = (rate: number) => Number(rate.toPrecision(3)).toLocaleString('en');

const targetOf = ({ target, enough, least }: Contest) => {
  if (target === undefined) return '';
  const rate = enough === undefined ? '' : ` or ${rounded(enough)}/s`;
  return `${target}${rate}${least === undefined ? '' : ` and ${rounded(least)}/s`}`;
};

function below(contest: Contest, { ratio, ours, growth }: Result): string[] {
  const { target, enough = Infinity, least = 0 } = contest;
  const slow = target !== undefined && ratio < target && ours < enough;
  return [
    ...(slow || ours < least ? ['below its target'] : []),
    ...(growth < leastGrowth ? [`below ${leastGrowth} of itself`] : []),
  ];
}

function peerWords({ peerTarget }: Contest, { peer, peerRatio }: Result): string[] {
  if (peer === undefined || peerRatio === undefined) return [];
  const late = peerTarget !== undefined && peerRatio < peerTarget ? `, below ${peerTarget}` : '';
  return [`${peerRatio.toFixed(1)} times the peer's ${rounded(peer)}/s${late}`];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 || column === row.length - 1 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
}
