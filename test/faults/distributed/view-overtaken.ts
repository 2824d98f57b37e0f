import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compareViews } from '../checker.js';
import { root } from '../server.js';
import type { Trial } from './trials.js';

type Documents = readonly (readonly [name: string, text: string])[];

/** What a process that was overtaken brings must not count: the documents are those of a fold from the beginning. */
export const viewOvertaken: Trial = async ({ servers, product = root }) => {
  const program = readFileSync(join(import.meta.dirname, 'view-overtaken.mjs'), 'utf8');
  // so that its imports are those of the product in whose folder it runs
  const parameters = ['--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, parameters, {
    cwd: product,
    timeout: 60_000,
    env: {
      PATH: process.env['PATH'],
      MONGODB_URL: servers.environment['IHALA_MONGODB_URL'],
      DATABASE: `view-${crypto.randomUUID().slice(0, 8)}-cases`,
    },
  });
  const [again, overtaken] = JSON.parse(stdout) as [Documents, Documents];
  return { findings: compareViews(new Map(again), new Map(overtaken)), kept: [] };
};
