import { describe, expect, test } from '@jest/globals'
import {
  TAG,
  WITHOUT_LABEL,
  claimedIdentity,
  ownershipTags,
  readTags,
  tagProblem,
} from '../../../src/aurora/clone/tags.ts'
import { CLONE, anIdentity, someTags } from '../../factories.ts'

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
      'aurora-clone:incarnation': '-',
    })
  })

  test('a named generation', () => {
    const identity = anIdentity({
      prefix: 'night',
      key: 'nightly',
      name: 'billing',
      generation: '20261121',
      incarnation: 2,
    })
    expect(ownershipTags(identity, 'x')).toMatchObject({
      'aurora-clone:prefix': 'night',
      'aurora-clone:key': 'nightly',
      'aurora-clone:name': 'billing',
      'aurora-clone:generation': '20261121',
      'aurora-clone:incarnation': '2',
    })
  })
})

describe('claimedIdentity', () => {
  test.each([
    anIdentity(),
    anIdentity({ key: 'nightly', name: 'billing', generation: '20261121' }),
    anIdentity({ server: 'localhost:8080', prefix: 'preview', incarnation: 12 }),
  ])('%j comes back out of its tags', (identity) => {
    expect(claimedIdentity(ownershipTags(identity, CLONE))).toEqual(identity)
  })

  test.each([TAG.server, TAG.repositoryId, TAG.prefix, TAG.key, TAG.name, TAG.generation, TAG.incarnation])(
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

describe('readTags', () => {
  test('every tag of a clone, parsed', () => {
    const tags = someTags({
      'aurora-clone:label': 'clone-db',
      'aurora-clone:hold': '2026-12-24T18:00:00Z',
      'aurora-clone:shape': '0123abcd',
      'aurora-clone:resets': `label-2026-11-21T09:30:00Z commit-${'c0ffee00'.repeat(5)}`,
      'aurora-clone:replaces': '2',
      'aurora-clone:credentials': 'managed',
      'aurora-clone:sanitised': 'clean-0a1b',
      'aurora-clone:source-key': 'nightly',
    })
    expect(readTags(tags)).toEqual({
      hasBeenReady: true,
      readyAtMs: Date.UTC(2026, 10, 21, 9),
      hasOwnCredentials: true,
      preparation: { kind: 'clean', digest: '0a1b', isSanitised: true },
      isHandedOut: true,
      expiresAtMs: Date.UTC(2026, 10, 28, 8, 30),
      label: 'clone-db',
      hold: { text: '2026-12-24T18:00:00Z', untilMs: Date.UTC(2026, 11, 24, 18) },
      shape: '0123abcd',
      resetting: {},
      resets: { label: '2026-11-21T09:30:00Z', commit: 'c0ffee00'.repeat(5) },
      replaces: 2,
      source: { name: 'orders', resourceId: 'cluster-ORDERS', key: 'nightly' },
      repository: 'acme/shop',
      dataAsOfMs: Date.UTC(2026, 10, 21, 8, 30),
      instanceClass: 'db.serverless',
      parameterGroup: 'orders-instance',
    })
  })

  test('nothing is made up for tags that are missing', () => {
    expect(readTags({ Team: 'payments' })).toEqual({
      hasBeenReady: false,
      readyAtMs: undefined,
      hasOwnCredentials: false,
      preparation: { kind: 'none' },
      isHandedOut: false,
      expiresAtMs: undefined,
      label: undefined,
      hold: { text: 'false', untilMs: -Infinity },
      shape: undefined,
      resets: {},
      resetting: {},
      replaces: 0,
      source: { name: undefined, resourceId: undefined, key: undefined },
      repository: undefined,
      dataAsOfMs: undefined,
      instanceClass: undefined,
      parameterGroup: undefined,
    })
  })

  // Node makes times of the past of most of these.
  test.each([
    '',
    'soon',
    '0',
    '12',
    'until 12',
    'after release 3',
    'sprint 12',
    '2026-11-01 12:00',
    '2026-11-01',
  ])('a time "%s" is none', (text) => {
    expect(readTags({ 'aurora-clone:expires-at': text, 'aurora-clone:data-as-of': text })).toMatchObject({
      expiresAtMs: undefined,
      dataAsOfMs: undefined,
    })
  })

  test('that it was ready counts, whenever that was', () => {
    expect(readTags({ 'aurora-clone:ready-at': 'once' })).toMatchObject({
      hasBeenReady: true,
      readyAtMs: undefined,
    })
  })

  test.each([
    [{}, undefined],
    [WITHOUT_LABEL, undefined],
    [{ 'aurora-clone:label': 'NONE' }, undefined],
    // A label of that name is in lower case.
    [{ 'aurora-clone:label': 'none' }, 'none'],
    [{ 'aurora-clone:label': 'clone-db' }, 'clone-db'],
  ])('the label of %j is %s', (tags, label) => {
    expect(readTags(tags).label).toBe(label)
  })
})
