import { describe, expect, test } from '@jest/globals'
import type { ClusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import type { CloneIdentity } from '../../../src/aurora/clone/identity.ts'
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

interface Incarnation extends Partial<Pick<ClusterSnapshot, 'status'>> {
  readonly identity?: Partial<CloneIdentity>
  readonly ageMs?: number
  readonly handedOut?: 'ready-at' | 'handed-out-at'
}

function incarnation(
  number: number,
  { identity, ageMs = MINUTE, handedOut, ...cluster }: Incarnation = {},
): OwnedClone {
  return anOwnedClone(
    { incarnation: number, ...identity },
    {
      'aurora-clone:created-at': new Date(NOW_MS - ageMs).toISOString(),
      'aurora-clone:ready-at': undefined,
      ...(handedOut === undefined ? {} : { [`aurora-clone:${handedOut}`]: '2026-11-21T09:59:30.000Z' }),
    },
    cluster,
  )
}

const DELETING = { status: 'deleting' }

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
