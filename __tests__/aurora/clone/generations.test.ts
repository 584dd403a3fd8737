import { describe, expect, test } from '@jest/globals'
import { latestGenerations, seenAfresh } from '../../../src/aurora/clone/generations.ts'
import type { OwnedClone } from '../../../src/aurora/clone/ownership.ts'
import type { ClusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import type { CloneIdentity } from '../../../src/aurora/clone/identity.ts'
import { anOwnedClone } from '../../factories.ts'

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
/** Available, and nobody ever saw it ready. */
const neverReady = (day: number, of: Partial<CloneIdentity> = {}): OwnedClone =>
  made(day, { of, isNew: true })
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
      'one that is being made does not count',
      [made(19), made(20), made(21, { ...status('creating'), isNew: true })],
      1,
      [1],
    ],
    [
      'one that is being made again beside a newer one is not',
      [made(20, { ...status('creating'), isNew: true }), made(21)],
      1,
      [1],
    ],
    ['one that was ready once and is busy counts', [made(20), made(21, status('backing-up'))], 1, [1]],
    ['a stopped one that was ready once counts', [made(20), made(21, status('stopped'))], 1, [1]],
    [
      'one that was ready once and failed since does not',
      [made(19), made(20, status('storage-failure'))],
      1,
      [0],
    ],
    [
      'one that lost its instances since does not',
      [made(19), made(20), made(21, { cluster: { members: [] } })],
      1,
      [1],
    ],
    [
      'nights that are available and never were ready do not displace the one in use',
      [made(18), made(19), neverReady(20), neverReady(21)],
      2,
      [0, 1],
    ],
    ['nor are they kept beside fewer ready ones', [made(19), neverReady(20), neverReady(21)], 2, [0]],
    [
      'nor does a stopped one that never was ready',
      [made(20), made(21, { ...status('stopped'), isNew: true })],
      1,
      [0],
    ],
    [
      'of a series that nobody ever waited for, the available and the stopped ones count',
      [
        neverReady(18),
        made(19, { ...status('stopped'), isNew: true }),
        neverReady(20),
        made(21, { ...status('creating'), isNew: true }),
        made(22, { ...status('cloning-failed'), isNew: true }),
      ],
      2,
      [1, 2],
    ],
    [
      'and of these, not those without a writer',
      [neverReady(20), made(21, { cluster: { members: [] }, isNew: true })],
      1,
      [0],
    ],
    [
      'one series’ ready clone says nothing of another’s',
      [made(20), neverReady(20, { key: 'weekly' }), neverReady(21, { key: 'weekly' })],
      1,
      [0, 2],
    ],
    ['a key without generation is one', [made(20, { of: { generation: '' } })], 1, [0]],
    [
      'it counts with the generations of its key',
      [made(19), made(20, { of: { generation: '' } }), made(21)],
      2,
      [1, 2],
    ],
    [
      'a pull request has none',
      [made(21, { of: { key: 'pr-42', generation: '' } }), made(21, { of: { key: 'pr-42' } })],
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

test('of generations of one moment, as many as asked for, and the same in every listing', () => {
  const moment = ['a', 'b', 'c'].map((generation) => made(21, { of: { generation } }))
  const keptOf = (clones: readonly OwnedClone[]) => [...latestGenerations(clones, 2)].toSorted()
  expect(keptOf(moment)).toHaveLength(2)
  expect(keptOf(moment.toReversed())).toEqual(keptOf(moment))
})

test('seenAfresh: the same clones, one of them as it is now', () => {
  const [older, newer] = [made(20), made(21)]
  const fresh = made(21, { isNew: true, ...status('backing-up') })
  const seen = seenAfresh([older, newer], fresh)
  expect(seen.map((clone) => [clone.identity.generation, clone.cluster.status, clone.hasBeenReady])).toEqual([
    ['20', 'available', true],
    ['21', 'backing-up', false],
  ])
})
