import { describe, expect, test } from '@jest/globals'
import {
  type Preparation,
  type UnderPreparation,
  isQuarantined,
  leftBy,
  preparationOf,
  preparationText,
} from '../../../src/aurora/clone/preparation.ts'
import { tagProblem } from '../../../src/aurora/clone/tags.ts'
import { MINUTE, NOW_MS } from '../../factories.ts'

test.each<UnderPreparation>([
  { kind: 'pending' },
  { kind: 'handed-over', to: '99' },
  { kind: 'failed' },
  { kind: 'begun', run: '0a1b', atMs: NOW_MS },
  { kind: 'clean', digest: '0123456789abcdef', isSanitised: true },
  { kind: 'clean', digest: '01', isSanitised: false },
])('$kind is read as it was written, and AWS takes it as a tag', (preparation) => {
  const text = preparationText(preparation)
  expect(preparationOf(text)).toEqual(preparation)
  expect(tagProblem('x', text)).toBeUndefined()
})

test.each<[string | undefined, Preparation]>([
  [undefined, { kind: 'none' }],
  ['', { kind: 'failed' }],
  ['clean', { kind: 'failed' }],
  ['clean-', { kind: 'failed' }],
  ['clean-XYZ', { kind: 'failed' }],
  ['Pending', { kind: 'failed' }],
  ['handed-over', { kind: 'failed' }],
  ['begun', { kind: 'failed' }],
  ['begun 0a1b', { kind: 'failed' }],
  ['begun 0a1b soon', { kind: 'begun', run: '0a1b', atMs: undefined }],
])('%j', (text, preparation) => {
  expect(preparationOf(text)).toEqual(preparation)
})

describe('who has left it', () => {
  test.each<[Preparation, string]>([
    [{ kind: 'none' }, 'nobody'],
    [{ kind: 'pending' }, 'nobody'],
    [{ kind: 'clean', digest: 'd', isSanitised: true }, 'nobody'],
    [{ kind: 'failed' }, 'a-run-that-ended'],
    [{ kind: 'handed-over', to: '99' }, 'a-run-that-ended'],
    [{ kind: 'begun', run: 'me', atMs: NOW_MS - 60 * MINUTE }, 'nobody'],
    [{ kind: 'begun', run: 'other', atMs: NOW_MS - 4 * MINUTE }, 'a-run-at-work'],
    [{ kind: 'begun', run: 'other', atMs: NOW_MS - 5 * MINUTE }, 'a-run-that-ended'],
    [{ kind: 'begun', run: 'other', atMs: undefined }, 'a-run-that-ended'],
  ])('%j: %s', (preparation, left) => {
    expect(leftBy(preparation, { run: 'me', nowMs: NOW_MS })).toBe(left)
  })
})

test('a clone is in quarantine from its restore until it is published', () => {
  expect(isQuarantined({ preparation: { kind: 'pending' }, hasBeenReady: false })).toBe(true)
  expect(
    isQuarantined({ preparation: { kind: 'clean', digest: 'd', isSanitised: true }, hasBeenReady: false }),
  ).toBe(true)
  expect(
    isQuarantined({ preparation: { kind: 'clean', digest: 'd', isSanitised: true }, hasBeenReady: true }),
  ).toBe(false)
  expect(isQuarantined({ preparation: { kind: 'none' }, hasBeenReady: false })).toBe(false)
})
