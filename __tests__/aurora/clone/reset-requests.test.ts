import { describe, expect, test } from '@jest/globals'
import {
  type ResetRequests,
  resetRequestsOf,
  resetRequestsText,
  unmetRequests,
  withRequests,
} from '../../../src/aurora/clone/reset-requests.ts'

const COMMIT = 'c0ffee00'.repeat(5)
const ALL = { label: '2026-11-21T09:30:00Z', comment: '12', run: '34', commit: COMMIT }
const TEXT = `label-2026-11-21T09:30:00Z comment-12 run-34 commit-${COMMIT}`

test('written into one tag, and read from it', () => {
  expect(resetRequestsText(ALL)).toBe(TEXT)
  expect(resetRequestsOf(TEXT)).toEqual(ALL)
  expect(resetRequestsText({})).toBe('')
  expect(resetRequestsOf(undefined)).toEqual({})
})

test('the longest one fits into a tag', () => {
  const longest = { ...ALL, comment: '9'.repeat(20), run: '9'.repeat(20), commit: 'f'.repeat(64) }
  expect(resetRequestsText(longest).length).toBeLessThanOrEqual(256)
  expect(resetRequestsOf(resetRequestsText(longest))).toEqual(longest)
})

test.each([
  '',
  'comment-',
  'comment-x',
  'comment-012',
  'label-yesterday',
  'commit-c0ffee',
  'toString-1',
  'Comment-1',
])('a word that this action does not write counts as none: "%s"', (word) => {
  expect(resetRequestsOf(word)).toEqual({})
  expect(resetRequestsOf(`${word} run-34`)).toEqual({ run: '34' })
})

describe('what is not met yet', () => {
  test.each<[string, ResetRequests, ResetRequests, readonly string[]]>([
    ['nothing is asked', {}, ALL, []],
    ['all of it is met', ALL, ALL, []],
    ['all of it is new', ALL, {}, ['label', 'comment', 'run', 'commit']],
    ['a later comment', { comment: '13' }, ALL, ['comment']],
    ['an earlier comment, whose run was late', { comment: '9' }, ALL, []],
    ['a later run, of more digits', { run: '100' }, ALL, ['run']],
    ['the label was put on again', { label: '2026-11-21T09:30:01Z' }, ALL, ['label']],
    ['the label stays on', { label: '2026-11-21T09:30:00Z' }, ALL, []],
    ['another commit, in no order', { commit: '0'.repeat(40) }, ALL, ['commit']],
  ])('%s', (_, asked, met, kinds) => {
    expect(unmetRequests(asked, met)).toEqual(kinds)
  })
})

test('what is met stays met, and a late request takes nothing back', () => {
  expect(withRequests(ALL, { comment: '9', run: '35' })).toEqual({ ...ALL, run: '35' })
  expect(withRequests({}, ALL)).toEqual(ALL)
})
