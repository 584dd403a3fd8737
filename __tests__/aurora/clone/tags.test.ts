import { describe, expect, test } from '@jest/globals'
import {
  TAG,
  WITHOUT_LABEL,
  claimedIdentity,
  isHeld,
  labelOf,
  ownershipTags,
  tagProblem,
} from '../../src/aurora/tags.ts'
import { UNKNOWN_TIME_MS } from '../../src/aurora/aws-time.ts'
import { CLONE, NOW_MS, anIdentity } from '../factories.ts'

describe('ownershipTags', () => {
  test('a pull request’s clone: an empty part is a hyphen, since RDS wants one character at least', () => {
    expect(ownershipTags(anIdentity(), CLONE)).toEqual({
      'aurora-clone:version': '1',
      'aurora-clone:cluster': 'clone-pr-42-shop-2deea4d997059a7e',
      'aurora-clone:server': 'github.com',
      'aurora-clone:repository-id': '4711',
      'aurora-clone:prefix': 'clone',
      'aurora-clone:key': 'pr-42',
      'aurora-clone:name': '-',
      'aurora-clone:generation': '-',
    })
  })

  test('a named generation', () => {
    const identity = anIdentity({
      prefix: 'night',
      key: 'nightly',
      name: 'billing',
      generation: '20261121',
    })
    expect(ownershipTags(identity, 'x')).toMatchObject({
      'aurora-clone:prefix': 'night',
      'aurora-clone:key': 'nightly',
      'aurora-clone:name': 'billing',
      'aurora-clone:generation': '20261121',
    })
  })
})

describe('claimedIdentity', () => {
  test.each([
    anIdentity(),
    anIdentity({ key: 'nightly', name: 'billing', generation: '20261121' }),
    anIdentity({ server: 'localhost:8080', prefix: 'preview' }),
  ])('%j comes back out of its tags', (identity) => {
    expect(claimedIdentity(ownershipTags(identity, CLONE))).toEqual(identity)
  })

  test.each([TAG.server, TAG.repositoryId, TAG.prefix, TAG.key, TAG.name, TAG.generation])(
    'nothing without %s',
    (tag) => {
      const { [tag]: _, ...rest } = ownershipTags(anIdentity(), CLONE)
      expect(claimedIdentity(rest)).toBeUndefined()
    },
  )
})

describe('tagProblem', () => {
  test.each([
    ['Team', 'payments'],
    ['Team', ''],
    ['k'.repeat(128), 'v'.repeat(256)],
    ['Kostenstelle', 'Größe 42'],
    ['a_b.c:d/e=f+g-h@i', 'a_b.c:d/e=f+g-h@i'],
    ['awsome', 'yes'],
    ['ManagedBy', 'somebody'],
  ])('%s=%s is accepted', (key, value) => {
    expect(tagProblem(key, value)).toBeUndefined()
  })

  const CHARACTERS = 'only letters, digits, spaces and _ . : / = + - @ are allowed'
  test.each([
    ['', 'x', 'the key has 0 characters, 1 to 128 are allowed'],
    ['k'.repeat(129), 'x', 'the key has 129 characters, 1 to 128 are allowed'],
    ['k', 'v'.repeat(257), 'the value has 257 characters, at most 256 are allowed'],
    ['k#', 'x', CHARACTERS],
    ['k', 'a,b', CHARACTERS],
    ['k', 'a"b', CHARACTERS],
    ['k', 'a\nb', CHARACTERS],
    ['aws:x', 'x', 'keys that begin with aws: or rds: belong to AWS'],
    ['AWS:x', 'x', 'keys that begin with aws: or rds: belong to AWS'],
    ['rds:x', 'x', 'keys that begin with aws: or rds: belong to AWS'],
    ['aurora-clone:hold', 'true', 'keys that begin with aurora-clone: belong to this action'],
    ['Aurora-Clone:key', 'x', 'keys that begin with aurora-clone: belong to this action'],
  ])('%s=%s is refused', (key, value, problem) => {
    expect(tagProblem(key, value)).toBe(problem)
  })
})

test.each([
  [{}, false],
  [{ 'aurora-clone:hold': 'false' }, false],
  [{ 'aurora-clone:hold': 'true' }, true],
  [{ 'aurora-clone:hold': '2026-11-21T09:59:59Z' }, false],
  [{ 'aurora-clone:hold': '2026-11-21T10:00:01Z' }, true],
  [{ 'aurora-clone:hold': '2026-99-99' }, true],
])('isHeld(%j) is %s', (tags, held) => {
  expect(isHeld(tags, NOW_MS)).toBe(held)
})

test.each([
  ['2000-01-01T00:00:00Z', true],
  ['true', true],
  ['false', false],
])('at an unknown time, a hold of %s holds: %s', (hold, held) => {
  expect(isHeld({ 'aurora-clone:hold': hold }, UNKNOWN_TIME_MS)).toBe(held)
})

test.each([
  [{}, undefined],
  [WITHOUT_LABEL, undefined],
  [{ 'aurora-clone:label': 'NONE' }, undefined],
  // A label of that name is in lower case.
  [{ 'aurora-clone:label': 'none' }, 'none'],
  [{ 'aurora-clone:label': 'clone-db' }, 'clone-db'],
])('labelOf(%j) is %s', (tags, label) => {
  expect(labelOf(tags)).toBe(label)
})
