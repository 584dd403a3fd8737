import { describe, expect, test } from '@jest/globals'
import { latestGenerations } from '../../src/aurora/generations.ts'
import type { OwnedClone } from '../../src/aurora/ownership.ts'
import type { ClusterSnapshot } from '../../src/aurora/snapshot.ts'
import type { CloneIdentity } from '../../src/aurora/identity.ts'
import { anOwnedClone } from '../factories.ts'

interface Made {
  readonly of?: Partial<CloneIdentity>
  readonly cluster?: Partial<ClusterSnapshot>
  readonly isNew?: boolean
}

/** The clone of `nightly` that was made on that day of November, and is ready unless it is new. */
function made(day: number, { of, cluster, isNew = false }: Made = {}): OwnedClone {
  const identity = { key: 'nightly', generation: `${day}`, ...of }
  const tags = {
    'aurora-clone:created-at': `2026-11-${day}T03:00:00.000Z`,
    'aurora-clone:ready-at': isNew ? undefined : `2026-11-${day}T03:10:00.000Z`,
  }
  return anOwnedClone(identity, tags, cluster)
}

const status = (word: string): Made => ({ cluster: { status: word } })
/** Those of the clones that are kept, by their place. */
function kept(clones: readonly OwnedClone[], count: number): readonly number[] {
  const latest = latestGenerations(clones, count)
  return [...clones.keys()].filter((index) => latest.has(clones[index]?.cluster.identifier ?? ''))
}

describe('latestGenerations', () => {
  test.each<[string, readonly OwnedClone[], number, readonly number[]]>([
    ['none are to be kept', [made(20), made(21)], 0, []],
    ['there are none', [], 2, []],
    ['the newest', [made(19), made(21), made(20)], 1, [1]],
    ['the newest two', [made(19), made(21), made(20)], 2, [1, 2]],
    ['fewer than that', [made(20), made(21)], 3, [0, 1]],
    [
      'a failed one is not kept and does not count',
      [made(19), made(20), made(21, status('cloning-failed'))],
      1,
      [1],
    ],
    ['nor is one that is being deleted', [made(19), made(20), made(21, status('deleting'))], 1, [1]],
    [
      'one that is being made is kept and does not count',
      [made(19), made(20), made(21, { ...status('creating'), isNew: true })],
      1,
      [1, 2],
    ],
    [
      'one that is being made again beside a newer one is not',
      [made(20, { ...status('creating'), isNew: true }), made(21)],
      1,
      [1],
    ],
    ['one that is ready and busy counts', [made(20), made(21, status('backing-up'))], 1, [1]],
    [
      'one that is available and not tagged as ready yet counts',
      [made(20), made(21, { isNew: true })],
      1,
      [1],
    ],
    [
      'a stopped one counts, whatever its tags',
      [made(20), made(21, { ...status('stopped'), isNew: true })],
      1,
      [1],
    ],
    [
      'a key without generation has none',
      [made(20, { of: { generation: '' } }), made(21, { of: { key: 'pr-42', generation: '' } })],
      5,
      [],
    ],
    ['each key has its own', [made(20), made(21), made(20, { of: { key: 'weekly' } })], 1, [1, 2]],
    ['each name has its own', [made(20), made(21), made(20, { of: { name: 'billing' } })], 1, [1, 2]],
    ['each repository has its own', [made(20), made(21), made(20, { of: { repositoryId: '5' } })], 1, [1, 2]],
    [
      'each server has its own',
      [made(20), made(21), made(20, { of: { server: 'ghe.acme.example' } })],
      1,
      [1, 2],
    ],
  ])('%s', (_, clones, count, expected) => {
    expect(kept(clones, count)).toEqual(expected)
  })
})
