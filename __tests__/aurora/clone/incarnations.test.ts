import { describe, expect, test } from '@jest/globals'
import type { ClusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import type { CloneIdentity } from '../../../src/aurora/clone/identity.ts'
import { type Course, courseOf } from '../../../src/aurora/clone/course.ts'
import {
  incarnationsOf,
  leadersAmong,
  leadingIncarnations,
  nextIncarnation,
  supersededAmong,
} from '../../../src/aurora/clone/incarnations.ts'
import type { OwnedClone } from '../../../src/aurora/clone/ownership.ts'
import {
  CLONE,
  MINUTE,
  NEXT_CLONE,
  NOW_MS,
  aCluster,
  anIdentity,
  anOwnedClone,
  someTags,
  unpublishedTags,
} from '../../factories.ts'

/** What asks for fresh data, and the words of the tag that it is met by. */
const ASKED = { comment: '7' }
const MET = 'comment-7'

interface Incarnation extends Partial<Pick<ClusterSnapshot, 'status'>> {
  readonly identity?: Partial<CloneIdentity>
  readonly ageMs?: number
  readonly handedOut?: 'ready-at' | 'handed-out-at'
  readonly replaces?: number
  readonly resets?: string
  readonly hold?: string
}

function incarnation(
  number: number,
  { identity, ageMs = MINUTE, handedOut, replaces, resets, hold, ...cluster }: Incarnation = {},
): OwnedClone {
  return anOwnedClone(
    { incarnation: number, ...identity },
    {
      'aurora-clone:created-at': new Date(NOW_MS - ageMs).toISOString(),
      'aurora-clone:ready-at': undefined,
      'aurora-clone:replaces': replaces?.toString(),
      'aurora-clone:resets': resets,
      'aurora-clone:hold': hold,
      ...(handedOut === undefined ? {} : { [`aurora-clone:${handedOut}`]: '2026-11-21T09:59:30.000Z' }),
    },
    cluster,
  )
}

const DELETING = { status: 'deleting' }
const IN_USE = incarnation(1, { handedOut: 'ready-at' })

describe('of several incarnations, one leads', () => {
  test.each<[string, readonly OwnedClone[], number]>([
    ['the only one', [incarnation(3)], 3],
    [
      'one that is not being deleted',
      [incarnation(1, { ...DELETING, handedOut: 'ready-at' }), incarnation(2)],
      2,
    ],
    ['all are being deleted: the last one', [incarnation(1, DELETING), incarnation(2, DELETING)], 2],
    [
      'one that was ready, although it is younger',
      [incarnation(1, { ageMs: 2 * MINUTE }), incarnation(2, { handedOut: 'ready-at' })],
      2,
    ],
    [
      'one whose endpoint was given out',
      [incarnation(1, { ageMs: 2 * MINUTE }), incarnation(2, { handedOut: 'handed-out-at' })],
      2,
    ],
    [
      'one in use, although it has failed',
      [incarnation(1, { status: 'failed', handedOut: 'ready-at' }), incarnation(2)],
      1,
    ],
    [
      'both were handed out: the last one',
      [incarnation(1, { handedOut: 'ready-at' }), incarnation(2, { handedOut: 'ready-at' })],
      2,
    ],
    ['neither was: the older one', [incarnation(1, { ageMs: 1 }), incarnation(2, { ageMs: 2 })], 2],
    [
      'neither was, and the older one has failed',
      [incarnation(1, { ageMs: 2, status: 'cloning-failed' }), incarnation(2, { ageMs: 1 })],
      2,
    ],
    ['both of one moment: always the same', [incarnation(1), incarnation(2)], CLONE < NEXT_CLONE ? 1 : 2],
    [
      'under two prefixes, both in use: the younger one',
      [
        incarnation(1, { identity: { prefix: 'former' }, ageMs: 2, handedOut: 'ready-at' }),
        incarnation(1, { ageMs: 1, handedOut: 'ready-at' }),
      ],
      1,
    ],
  ])('%s', (_, clones, number) => {
    for (const listed of [clones, clones.toReversed()]) {
      const leading = leadingIncarnations(listed)
      expect(leading.map(({ identity }) => identity.incarnation)).toEqual([number])
      expect(leadersAmong(listed)).toEqual(new Set(leading.map(({ cluster }) => cluster.identifier)))
    }
  })

  test.each<Partial<CloneIdentity>>([
    { server: 'ghe.acme.example' },
    { repositoryId: '4712' },
    { key: 'pr-43' },
    { name: 'billing' },
    { generation: '2' },
  ])('but a clone with another %j is another one', (identity) => {
    const clones = [incarnation(1), incarnation(1, { identity })]
    expect(leadingIncarnations(clones)).toEqual(clones)
  })
})

test('the next number is above all of them, those being deleted included', () => {
  expect(nextIncarnation([])).toBe(1)
  expect(nextIncarnation([incarnation(1, DELETING)])).toBe(2)
  expect(nextIncarnation([incarnation(4, DELETING), incarnation(2)])).toBe(5)
})

test('above the last number, the next one is the lowest that is free', () => {
  expect(nextIncarnation([incarnation(9_998)])).toBe(9_999)
  expect(nextIncarnation([incarnation(9_999)])).toBe(1)
  expect(nextIncarnation([incarnation(1), incarnation(9_999), incarnation(2)])).toBe(3)
})

test.each<[string, readonly OwnedClone[], readonly number[]]>([
  ['beside one that was handed out', [incarnation(1), incarnation(2, { handedOut: 'ready-at' })], [1]],
  ['neither was handed out', [incarnation(1), incarnation(2)], []],
  [
    'both were handed out',
    [incarnation(1, { handedOut: 'ready-at' }), incarnation(2, { handedOut: 'handed-out-at' })],
    [],
  ],
  [
    'the other one is being deleted',
    [incarnation(1), incarnation(2, { ...DELETING, handedOut: 'ready-at' })],
    [],
  ],
  [
    'the last one replaces both others, and is ready',
    [
      IN_USE,
      incarnation(2, { handedOut: 'ready-at' }),
      incarnation(3, { replaces: 2, handedOut: 'ready-at' }),
    ],
    [1, 2],
  ],
  ['the one that replaces it is not ready', [IN_USE, incarnation(2, { replaces: 1 })], [2]],
  [
    'the one that replaces it was only handed out',
    [IN_USE, incarnation(2, { replaces: 1, handedOut: 'handed-out-at' })],
    [],
  ],
  [
    'the one that replaces it is being deleted',
    [IN_USE, incarnation(2, { ...DELETING, replaces: 1, handedOut: 'ready-at' })],
    [],
  ],
  [
    'no clone replaces a later one, whatever its tag says',
    [incarnation(1, { replaces: 9, handedOut: 'ready-at' }), incarnation(2, { handedOut: 'ready-at' })],
    [],
  ],
  [
    'the other one is of another generation',
    [
      incarnation(1),
      incarnation(2, { identity: { key: 'nightly', generation: '2' }, handedOut: 'ready-at' }),
    ],
    [],
  ],
])('superseded: %s', (_, clones, numbers) => {
  const superseded = supersededAmong(clones)
  const found = clones.filter(({ cluster }) => superseded.has(cluster.identifier))
  expect(found.map(({ identity }) => identity.incarnation)).toEqual(numbers)
})

describe('the course of a run that is asked for fresh data', () => {
  type Kept = readonly [kind: Course['kind'], incarnation: number, about?: 'refused' | 'begun']
  const BEGUN = incarnation(2, { replaces: 1, resets: MET })

  test.each<[string, readonly OwnedClone[], Kept]>([
    ['no clone: the first one is fresh', [], ['make', 1]],
    ['only one that goes', [incarnation(1, { ...DELETING, handedOut: 'ready-at' })], ['make', 2]],
    ['one in use', [IN_USE], ['refresh', 2]],
    ['one whose endpoint was given out', [incarnation(1, { handedOut: 'handed-out-at' })], ['refresh', 2]],
    [
      'one in use that has failed',
      [incarnation(1, { handedOut: 'ready-at', status: 'failed' })],
      ['refresh', 2],
    ],
    ['one that nobody has used', [incarnation(1)], ['go-on', 1]],
    ['one that was made for it', [incarnation(1, { handedOut: 'ready-at', resets: MET })], ['go-on', 1]],
    [
      'one that was made for an earlier one',
      [incarnation(1, { handedOut: 'ready-at', resets: 'comment-6' })],
      ['refresh', 2],
    ],
    [
      'one that was made for a later one',
      [incarnation(1, { handedOut: 'ready-at', resets: 'comment-10' })],
      ['go-on', 1],
    ],
    ['one that is held', [incarnation(1, { handedOut: 'ready-at', hold: 'true' })], ['go-on', 1, 'refused']],
    [
      'one whose hold is over',
      [incarnation(1, { handedOut: 'ready-at', hold: '2026-11-21T09:00:00Z' })],
      ['refresh', 2],
    ],
    ['one that a run has begun to replace', [IN_USE, BEGUN], ['refresh', 3, 'begun']],
    [
      'the same, held',
      [incarnation(1, { handedOut: 'ready-at', hold: 'true' }), BEGUN],
      ['go-on', 1, 'refused'],
    ],
    [
      'what was begun is being deleted',
      [IN_USE, incarnation(2, { ...DELETING, replaces: 1 })],
      ['refresh', 3],
    ],
    ['what is beside it was not begun to replace it', [IN_USE, incarnation(2)], ['refresh', 3]],
    [
      'the last number is taken, which only a forged tag reaches',
      [incarnation(9_999, { handedOut: 'ready-at' })],
      ['go-on', 9_999],
    ],
  ])('%s', (_, clones, [kind, number, about]) => {
    const course = courseOf(clones, { asked: ASKED, nowMs: NOW_MS })
    const [incarnationNumber, isRefused] =
      course.kind === 'go-on'
        ? [course.clone.identity.incarnation, course.isRefused]
        : [course.incarnation, false]
    const begun = course.kind === 'refresh' ? course.begun : undefined
    expect([course.kind, incarnationNumber]).toEqual([kind, number])
    expect({ isRefused, begun }).toEqual({
      isRefused: about === 'refused',
      begun: about === 'begun' ? BEGUN : undefined,
    })
  })

  test('the next one takes the place of all that were handed out, also of a failed one above the one in use', () => {
    const failed = incarnation(2, { handedOut: 'handed-out-at', status: 'failed' })
    expect(courseOf([IN_USE, failed], { asked: ASKED, nowMs: NOW_MS })).toMatchObject({
      former: IN_USE,
      incarnation: 3,
      replaces: 2,
    })
    expect(courseOf([IN_USE, BEGUN], { asked: ASKED, nowMs: NOW_MS })).toMatchObject({ replaces: 1 })
  })

  test('and of one that is not: what was begun is finished, unless it is held', () => {
    const nothing = { asked: {}, nowMs: NOW_MS }
    expect(courseOf([IN_USE], nothing)).toEqual({ kind: 'go-on', clone: IN_USE, isRefused: false })
    expect(courseOf([IN_USE, BEGUN], nothing)).toMatchObject({
      kind: 'refresh',
      former: IN_USE,
      begun: BEGUN,
    })
  })
})

test('the incarnations of a clone are found under every prefix, and only if they are provably ours', () => {
  const identity = anIdentity()
  const tags = { 'aurora-clone:prefix': 'clone', 'aurora-clone:incarnation': '2' }
  const clusters = [
    aCluster(),
    incarnation(2).cluster,
    incarnation(1, { identity: { prefix: 'preview' } }).cluster,
    incarnation(1, { identity: { key: 'pr-43' } }).cluster,
    // Of another number than its name has.
    aCluster({ tags: someTags(tags) }),
    aCluster({ identifier: NEXT_CLONE, tags: unpublishedTags({ 'aurora-clone:cluster': NEXT_CLONE }) }),
  ]
  expect(incarnationsOf(clusters, identity).map(({ cluster }) => cluster)).toEqual(clusters.slice(0, 3))
})
