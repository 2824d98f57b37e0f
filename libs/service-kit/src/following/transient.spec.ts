import { expect, it } from '@jest/globals';
import { CannotCarryOut, StorageUnavailable } from '@ihala/event-log';
import { KeyringUnavailable } from '@ihala/privacy';
import { Problem } from '../http/problem.js';
import { isTransient } from './transient.js';

const sqlite = (errcode: number) => Object.assign(new Error('x'), { errcode });

it.each([
  ['a disk that is full', new StorageUnavailable('x')],
  ['a keyring that cannot be written', new KeyringUnavailable('x')],
  ['a service that is busy or catching up', new Problem(503, 'service.busy')],
  ['a file that could not be read', sqlite(10 | (1 << 8))],
  ['a file that another holds', sqlite(5)],
])('%s is waited for, and nothing is parked for it', (_, error) => expect(isTransient(error)).toBe(true));

it.each([
  ['a refusal', new CannotCarryOut('case.not-open')],
  ['a conflict', new Problem(409, 'case.not-open')],
  ['a broken constraint', sqlite(19)],
  ['a fault', new TypeError('x')],
  ['nothing at all', undefined],
])('%s is not', (_, error) => expect(isTransient(error)).toBe(false));
