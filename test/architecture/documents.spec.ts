import { describe, expect, test } from '@jest/globals';
import { files, type Manifest, projects, read, readJson } from './workspace.js';

const sections = ['Status', 'Context', 'Decision', 'Consequences'];
const lines = (text: string) => text.trimEnd().split('\n').length;

/** What is wrong with a record of a decision. */
const recordFaults = (path: string, text: string) => {
  const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  return [
    ...(/^docs\/adr\/\d{4}-[a-z0-9]+(-[a-z0-9]+)*\.md$/.test(path) ? [] : [`${path}: not NNNN-title.md`]),
    ...(text.startsWith(`# ${Number(path.match(/\d{4}/)?.[0])}. `) ? [] : [`${path}: its title lacks its number`]),
    ...(headings.join() === sections.join() ? [] : [`${path}: sections are ${headings.join(', ')}`]),
    ...(lines(text) <= 60 ? [] : [`${path}: more than a page`]),
  ];
};

/** Packages that no record names in backquotes. */
const unexplained = (packages: readonly string[], records: string) =>
  packages.filter((name) => !records.includes(`\`${name}\``));

const unlisted = (records: readonly string[], index: string) =>
  records.filter((path) => !index.includes(`(${path.replace('docs/adr/', '')})`));

const recordPaths = files.filter((path) => path.startsWith('docs/adr/') && path !== 'docs/adr/README.md');
const runtime = ['package.json', ...projects.map(({ folder }) => `${folder}/package.json`)]
  .flatMap((path) => Object.keys(readJson<Manifest>(path).dependencies ?? {}))
  .filter((name) => !name.startsWith('@ihala/'));

test('every decision is one page of four parts, listed in the index', () => {
  expect(recordPaths.length).toBeGreaterThan(0);
  expect(recordPaths.flatMap((path) => recordFaults(path, read(path)))).toEqual([]);
  expect(unlisted(recordPaths, read('docs/adr/README.md'))).toEqual([]);
  expect(new Set(recordPaths.map((path) => path.match(/\d{4}/)?.[0])).size).toBe(recordPaths.length);
});

test('every package that runs in production is explained by a decision', () => {
  expect(unexplained([...new Set(runtime)], recordPaths.map(read).join('\n'))).toEqual([]);
});

test('the README is short', () => {
  expect(lines(read('README.md'))).toBeLessThanOrEqual(170);
});

test('links between documents lead somewhere', () => {
  expect(files.filter((path) => path.endsWith('.md')).flatMap((path) => deadLinks(path, read(path)))).toEqual([]);
});

function deadLinks(path: string, text: string): string[] {
  const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)].map(([, target]) => target ?? '');
  return targets
    .map((target) => decodeURIComponent(new URL(target, `file:///${path}`).pathname.slice(1)).replace(/\/$/, ''))
    .filter((target) => !files.some((file) => file === target || file.startsWith(`${target}/`)))
    .map((target) => `${path}: ${target}`);
}

describe('these checks fire', () => {
  const page = (parts: readonly string[]) => `# 7. Tea\n\n${parts.map((part) => `## ${part}\n\nYes.\n`).join('\n')}`;

  test('on a record without one of its parts, too long or badly named', () => {
    expect(recordFaults('docs/adr/0007-tea.md', page(sections))).toEqual([]);
    expect(recordFaults('docs/adr/0007-tea.md', page(sections.slice(1)))).toHaveLength(1);
    expect(recordFaults('docs/adr/0007-tea.md', page(sections) + '\n'.repeat(60) + 'end')).toHaveLength(1);
    expect(recordFaults('docs/adr/0008-tea.md', page(sections))).toEqual([
      'docs/adr/0008-tea.md: its title lacks its number',
    ]);
    expect(recordFaults('docs/adr/0007-Tea.md', page(sections))).toHaveLength(1);
  });

  test('on a package that no record names, and on a record that the index lacks', () => {
    expect(unexplained(['zod', 'mint'], 'We take `zod`, and nothing minty like `mint-tea`.')).toEqual(['mint']);
    expect(unlisted(['docs/adr/0007-tea.md', 'docs/adr/0008-cup.md'], '[Tea](0007-tea.md)')).toEqual([
      'docs/adr/0008-cup.md',
    ]);
  });

  test('on a dead link', () => {
    expect(deadLinks('docs/adr/README.md', '[a](../glossary.md) [b](gone.md) [c](https://example.org)')).toEqual([
      'docs/adr/README.md: docs/adr/gone.md',
    ]);
  });
});
